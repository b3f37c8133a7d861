package dev.errand.models;

import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.math.BigDecimal;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLHandshakeException;

/// The HTTP under LangChain4j: whatever goes wrong is a [CallFailed] that says whether to ask
/// again.
///
/// All models share one client and its connections. Calls, streams too, are made on the calling
/// thread; interrupting it ends the call and closes the connection.
final class ProviderHttp implements HttpClient {
  private static final Duration CONNECT = Duration.ofSeconds(15);
  private static final int ERROR_BYTES = 64 * 1024;
  private static final int REPLY_BYTES = 64 * 1024 * 1024;

  /// Made when it is first needed; its threads are daemons.
  private static final class Shared {
    private static final java.net.http.HttpClient CLIENT =
        java.net.http.HttpClient.newBuilder()
            .version(java.net.http.HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();
  }

  private final Endpoint endpoint;
  private final Duration timeout;
  private final FailedAnswer failures;

  /// @param timeout how long to wait for the next byte of an answer
  ProviderHttp(Endpoint endpoint, Duration timeout) {
    this.endpoint = endpoint;
    this.timeout = timeout;
    this.failures = new FailedAnswer(endpoint);
  }

  @Override
  public SuccessfulHttpResponse execute(HttpRequest request) {
    var answer = send(request);
    var body = body(answer, REPLY_BYTES);
    if (!body.stripLeading().startsWith("{")) {
      throw failures
          .unreadable("the answer is no JSON", answer.headers().firstValue("content-type"), body)
          .asException();
    }
    return success(answer).body(body).build();
  }

  @Override
  public void execute(
      HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
    var answer = send(request);
    listener.onOpen(success(answer).build());
    boolean complete;
    try {
      complete = new EventStream(answer.body(), listener, failures).read();
    } catch (IOException broken) {
      throw broken(broken, "the stream broke off").asException();
    }
    if (!complete) {
      var type =
          endpoint.key().redact(answer.headers().firstValue("content-type").orElse("of no type"));
      throw Failure.passing("the stream (" + type + ") ended before the reply was complete")
          .asException();
    }
    listener.onClose();
  }

  private HttpResponse<WatchedBody> send(HttpRequest request) {
    var answer = head(Shared.CLIENT.sendAsync(outgoing(request), info -> new WatchedBody(timeout)));
    if (answer.statusCode() / 100 != 2) {
      var body = body(answer, ERROR_BYTES);
      throw failures.failure(answer.statusCode(), answer.headers(), body).asException();
    }
    return answer;
  }

  /// Waits for the beginning of the answer. A time-out of the request would do, but newer clients
  /// count the body in, and a long stream is not a late one.
  private HttpResponse<WatchedBody> head(CompletableFuture<HttpResponse<WatchedBody>> answer) {
    try {
      return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException interrupted) {
      giveUp(answer);
      Thread.currentThread().interrupt();
      throw Failure.interrupted().asException();
    } catch (TimeoutException late) {
      giveUp(answer);
      throw late().asException();
    } catch (ExecutionException failed) {
      throw (failed.getCause() instanceof IOException unreachable
              ? broken(unreachable, "the connection broke")
              : Failure.passing("the call could not be made"))
          .asException();
    }
  }

  /// Closes the connection, whether or not the answer has begun in the meantime.
  private static void giveUp(CompletableFuture<HttpResponse<WatchedBody>> answer) {
    if (!answer.cancel(true) && answer.state() == Future.State.SUCCESS) {
      answer.resultNow().body().close();
    }
  }

  private java.net.http.HttpRequest outgoing(HttpRequest request) {
    var outgoing =
        java.net.http.HttpRequest.newBuilder(URI.create(request.url()))
            .method(
                request.method().name(),
                BodyPublishers.ofString(Objects.requireNonNullElse(request.body(), "")));
    request
        .headers()
        .forEach((name, values) -> values.forEach(value -> outgoing.header(name, value)));
    return outgoing.build();
  }

  private String body(HttpResponse<WatchedBody> answer, int limit) {
    try (var body = answer.body()) {
      return new String(body.readNBytes(limit), StandardCharsets.UTF_8);
    } catch (IOException broken) {
      throw broken(broken, "the answer broke off").asException();
    }
  }

  private Failure broken(IOException broken, String what) {
    if (broken instanceof InterruptedIOException) {
      return Failure.interrupted();
    }
    if (broken instanceof HttpConnectTimeoutException || broken instanceof ConnectException) {
      return Failure.passing(
          endpoint.server() + " cannot be reached",
          "Check " + endpoint.baseSource() + " and the network.");
    }
    if (broken instanceof HttpTimeoutException) {
      return late();
    }
    if (broken instanceof SSLHandshakeException) {
      return Failure.lasting(
          endpoint.server() + " could not prove who it is",
          "Check " + endpoint.baseSource() + " and the certificates of this machine.");
    }
    return Failure.passing(what);
  }

  private Failure late() {
    return Failure.passing(
        "nothing came for " + seconds(timeout) + " s",
        "Try again later, or wait longer with ?timeout=SECONDS.");
  }

  private static String seconds(Duration time) {
    return BigDecimal.valueOf(time.toMillis(), 3).stripTrailingZeros().toPlainString();
  }

  private static SuccessfulHttpResponse.Builder success(HttpResponse<?> answer) {
    return SuccessfulHttpResponse.builder()
        .statusCode(answer.statusCode())
        .headers(answer.headers().map());
  }

  /// What LangChain4j asks for one.
  HttpClientBuilder builder() {
    return new Ready();
  }

  /// Has its client already, and its time-outs from there.
  private final class Ready implements HttpClientBuilder {
    @Override
    public Duration connectTimeout() {
      return CONNECT;
    }

    @Override
    public HttpClientBuilder connectTimeout(Duration other) {
      return this;
    }

    @Override
    public Duration readTimeout() {
      return timeout;
    }

    @Override
    public HttpClientBuilder readTimeout(Duration other) {
      return this;
    }

    @Override
    public HttpClient build() {
      return ProviderHttp.this;
    }
  }
}
