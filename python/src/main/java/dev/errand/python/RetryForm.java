package dev.errand.python;

import dev.errand.job.Json;
import dev.errand.job.RefusedException;
import dev.errand.job.Retry;
import dev.errand.job.TaskError;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/// Reads what code says of retries: a number of attempts, or a dict with times in seconds. What it
/// says wrong is told to the code.
final class RetryForm {
  private static final String FAILED = "failed";
  private static final int USUAL_ATTEMPTS = 3;

  private RetryForm() {}

  /// The policy.
  ///
  /// @throws RefusedException if there is no such policy, saying why
  static Retry read(Json retry) {
    try {
      return retry instanceof Json.Object(var members)
          ? read(new Json.Object(members))
          : Retry.attempts(attempts(retry));
    } catch (IllegalArgumentException wrong) {
      throw new RefusedException("ValueError", "retry: " + wrong.getMessage());
    }
  }

  private static Retry read(Json.Object dict) {
    var retry =
        Retry.attempts(dict.get("attempts").map(RetryForm::attempts).orElse(USUAL_ATTEMPTS));
    for (var member : dict.members().entrySet()) {
      retry = with(retry, member.getKey(), member.getValue());
    }
    return retry;
  }

  private static Retry with(Retry retry, String name, Json value) {
    return switch (name) {
      case "attempts" -> retry;
      case "backoff" -> retry.backoff(time(name, value));
      case "factor" -> retry.factor(number(name, value));
      case "max_backoff" -> retry.maxBackoff(time(name, value));
      case "time_limit" -> retry.timeout(time(name, value));
      case "on" -> retry.on(kinds(value).toArray(TaskError.Kind[]::new));
      default ->
          throw new IllegalArgumentException(
              "there is no '%s'; write attempts, backoff, factor, max_backoff, on or time_limit"
                  .formatted(name));
    };
  }

  private static int attempts(Json value) {
    double number = number("attempts", value);
    if (number != Math.rint(number)) {
      throw new IllegalArgumentException("attempts must be a whole number, not " + value.print());
    }
    return (int) number;
  }

  private static Duration time(String name, Json value) {
    double millis = Math.ceil(number(name, value) * 1000);
    return Duration.ofMillis((long) millis);
  }

  private static double number(String name, Json value) {
    if (value instanceof Json.Number number) {
      return number.toDouble();
    }
    throw new IllegalArgumentException(name + " must be a number, not " + value.print());
  }

  /// The kinds that are named, one alone or in a list.
  private static Set<TaskError.Kind> kinds(Json value) {
    return switch (value) {
      case Json.Text(var name) -> kinds(name);
      case Json.Array(var names) ->
          names.stream().flatMap(name -> kinds(name).stream()).collect(Collectors.toSet());
      case Json.Null ignored -> throw noKind(value);
      case Json.Bool ignored -> throw noKind(value);
      case Json.Number ignored -> throw noKind(value);
      case Json.Object ignored -> throw noKind(value);
    };
  }

  private static Set<TaskError.Kind> kinds(String name) {
    if (name.equals(FAILED)) {
      var failed = EnumSet.copyOf(Retry.USUAL);
      failed.remove(TaskError.Kind.TIMED_OUT);
      return failed;
    }
    return Arrays.stream(TaskError.Kind.values())
        .filter(kind -> kind.code().equals(name))
        .findFirst()
        .map(Set::of)
        .orElseThrow(() -> noKind(new Json.Text(name)));
  }

  private static IllegalArgumentException noKind(Json value) {
    var known =
        Arrays.stream(TaskError.Kind.values())
            .filter(kind -> kind != TaskError.Kind.CANCELLED)
            .map(TaskError.Kind::code)
            .collect(Collectors.joining(", "));
    return new IllegalArgumentException(
        "on names %s, which is no kind of error; write %s, or one of %s"
            .formatted(value.print(), FAILED, known));
  }
}
