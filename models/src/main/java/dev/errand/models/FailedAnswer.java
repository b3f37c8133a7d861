package dev.errand.models;

import dev.errand.job.Json;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Reads from a provider's answer that is no reply what went wrong, and whether to ask again.
final class FailedAnswer {
  private static final int SHOWN = 300;

  /// Error codes and types that stay the same however often one asks.
  private static final Set<String> LASTING =
      Set.of(
          "insufficient_quota",
          "billing_hard_limit_reached",
          "billing_error",
          "invalid_request_error",
          "authentication_error",
          "permission_error",
          "not_found_error",
          "context_length_exceeded",
          "invalid_api_key",
          "model_not_found");

  private static final Set<String> UNPAID =
      Set.of("insufficient_quota", "billing_hard_limit_reached", "billing_error");

  private final Endpoint endpoint;

  FailedAnswer(Endpoint endpoint) {
    this.endpoint = endpoint;
  }

  /// An answer with a status other than 2xx.
  Failure failure(int status, HttpHeaders headers, String body) {
    var details = Details.of(body);
    return new Failure(
        "HTTP " + status + said(details),
        next(status, details),
        again(status, details, headers.firstValue("x-should-retry").orElse("")),
        RetryAfter.of(headers));
  }

  /// An error in the middle of a stream that began well.
  Failure failure(String event) {
    var details = Details.of(event);
    boolean again = details.codes.stream().noneMatch(LASTING::contains);
    return new Failure("an error" + said(details), next(0, details), again, Duration.ZERO);
  }

  /// An answer that says it succeeded, but is not what was asked for.
  Failure unreadable(String what, Optional<String> contentType, String body) {
    return Failure.passing(
        what
            + contentType.map(type -> " (" + shortened(type) + ")").orElse("")
            + (body.isBlank() ? ", and empty" : ": " + shortened(plain(body))),
        "Check that " + endpoint.baseSource() + " is the address of the provider's interface.");
  }

  private String said(Details details) {
    var codes = details.codes.isEmpty() ? "" : " (" + String.join(", ", details.codes) + ")";
    var words = details.message.isBlank() ? "" : ": " + details.message;
    return shortened(codes + words);
  }

  private static boolean again(int status, Details details, String advised) {
    if (advised.equals("true") || advised.equals("false")) {
      return advised.equals("true");
    }
    boolean passing = status == 408 || status == 409 || status == 429 || status >= 500;
    return passing && details.codes.stream().noneMatch(UNPAID::contains);
  }

  private String next(int status, Details details) {
    if (details.codes.stream().anyMatch(UNPAID::contains)) {
      return "Check the plan and the credit behind " + endpoint.keySource() + ".";
    }
    return switch (status) {
      case 401 -> "Check " + endpoint.keySource() + ".";
      case 403 -> "Check what the key in " + endpoint.keySource() + " may be used for.";
      case 404 -> "Check the model's name, and " + endpoint.baseSource() + ".";
      case 413 -> "Shorten what the model is shown.";
      case 429 -> "Try again later, or let fewer jobs work at a time.";
      default ->
          status >= 300 && status < 500 && status != 408 && status != 409
              ? "Change the request or the model's parameters; the same would be refused again."
              : "Try again later.";
    };
  }

  private String shortened(String text) {
    var clean = endpoint.key().redact(text).replaceAll("\\s+", " ").stripTrailing();
    if (clean.length() <= SHOWN) {
      return clean;
    }
    int end = Character.isHighSurrogate(clean.charAt(SHOWN - 1)) ? SHOWN - 1 : SHOWN;
    return clean.substring(0, end) + "…";
  }

  private static String plain(String body) {
    return body.replaceAll("(?is)<(script|style)\\b.*?</\\1\\s*>|<[^>]*>", " ").strip();
  }

  /// What the body says.
  private record Details(String message, Set<String> codes) {
    static Details of(String body) {
      try {
        if (Json.parse(body) instanceof Json.Object object) {
          return of(object);
        }
      } catch (IllegalArgumentException noJson) {
        // An HTML page of a proxy, or words.
      }
      return new Details(plain(body), Set.of());
    }

    private static Details of(Json.Object body) {
      var error = body.get("error").orElse(body);
      if (error instanceof Json.Object object) {
        return new Details(message(object).orElse(""), codes(object));
      }
      return new Details(error instanceof Json.Text(var words) ? words : error.print(), Set.of());
    }

    private static Optional<String> message(Json.Object error) {
      return error.text("message").or(() -> error.text("detail"));
    }

    private static Set<String> codes(Json.Object error) {
      return Stream.of("type", "code")
          .flatMap(name -> error.text(name).stream())
          .filter(code -> !code.isBlank())
          .collect(Collectors.toCollection(java.util.LinkedHashSet::new));
    }
  }
}
