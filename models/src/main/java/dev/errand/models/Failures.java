package dev.errand.models;

import dev.langchain4j.exception.ContentFilteredException;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.exception.NonRetriableException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.http.HttpHeaders;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// Reads from what LangChain4j threw what went wrong.
final class Failures {
  private static final HttpHeaders NO_HEADERS = HttpHeaders.of(Map.of(), (name, value) -> true);

  private final Endpoint endpoint;

  Failures(Endpoint endpoint) {
    this.endpoint = endpoint;
  }

  Endpoint endpoint() {
    return endpoint;
  }

  CallFailed of(Throwable thrown) {
    var known = first(thrown, CallFailed.class);
    if (known.isPresent()) {
      return known.get();
    }
    if (Thread.currentThread().isInterrupted() || causes(thrown).anyMatch(Failures::isInterrupt)) {
      return Failure.interrupted().asException();
    }
    return Stream.<Function<Throwable, Optional<Failure>>>of(
            this::answered, this::refused, Failures::late, this::asked)
        .flatMap(reading -> reading.apply(thrown).stream())
        .findFirst()
        .orElseGet(() -> Failure.passing("its answer could not be read: " + words(thrown)))
        .asException();
  }

  private Optional<Failure> answered(Throwable thrown) {
    return first(thrown, HttpException.class)
        .map(
            answer ->
                new FailedAnswer(endpoint)
                    .failure(
                        answer.statusCode(),
                        NO_HEADERS,
                        Objects.requireNonNullElse(answer.getMessage(), "")));
  }

  private Optional<Failure> refused(Throwable thrown) {
    return first(thrown, ContentFilteredException.class)
        .map(refusal -> Replies.refused(words(refusal)));
  }

  private static Optional<Failure> late(Throwable thrown) {
    return first(thrown, TimeoutException.class)
        .map(late -> Failure.passing("nothing came for too long"));
  }

  /// What is wrong with the request, as the library or the provider sees it.
  private Optional<Failure> asked(Throwable thrown) {
    boolean wrong =
        causes(thrown)
            .anyMatch(
                cause ->
                    cause instanceof NonRetriableException
                        || cause instanceof UnsupportedFeatureException
                        || (cause instanceof IllegalArgumentException
                            && first(thrown, IOException.class).isEmpty()));
    return wrong
        ? Optional.of(
            Failure.lasting(
                "the request cannot be made: " + words(thrown),
                "Change the request or the model's parameters."))
        : Optional.empty();
  }

  private static boolean isInterrupt(Throwable cause) {
    return cause instanceof InterruptedException || cause instanceof InterruptedIOException;
  }

  private String words(Throwable thrown) {
    var message = thrown.getMessage();
    var text = message == null ? thrown.getClass().getSimpleName() : message;
    var line = endpoint.key().redact(text).lines().findFirst().orElse("");
    return line.length() > 200 ? line.substring(0, 200) + "…" : line;
  }

  private static <T extends Throwable> Optional<T> first(Throwable thrown, Class<T> type) {
    return causes(thrown).filter(type::isInstance).map(type::cast).findFirst();
  }

  private static Stream<Throwable> causes(Throwable thrown) {
    return Stream.iterate(thrown, Objects::nonNull, Throwable::getCause).limit(20);
  }
}
