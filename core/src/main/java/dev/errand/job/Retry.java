package dev.errand.job;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How often delegated work that fails is attempted, after what, and with what time in between.
///
/// | part | default | may be |
/// |---|---|---|
/// | `attempts` | none: it is to be given | 1 to 100, the first one counted |
/// | `backoff` | 1 s | 0 to 365 days |
/// | `factor` | 2 | 1 or more |
/// | `maxBackoff` | 1 hour | 0 to 365 days |
/// | `on` | all kinds but `CANCELLED` and `BUDGET_EXHAUSTED` | any kinds but `CANCELLED` |
/// | `timeout` | none: what limits its agent's jobs limits an attempt | 1 ms to 365 days |
///
/// The time between two attempts is durable, and always the same for the same policy: nothing is
/// drawn by chance.
///
/// @param attempts how many attempts are made at most
/// @param backoff the time between the first attempt's end and the second attempt
/// @param factor how much longer each further such time is than the one before
/// @param maxBackoff what none of these times exceeds
/// @param on the kinds of errors after which another attempt is made
/// @param timeout how long one attempt may take; null for as long as its agent's limits allow
public record Retry(
    int attempts,
    Duration backoff,
    double factor,
    Duration maxBackoff,
    Set<TaskError.Kind> on,
    @Nullable Duration timeout) {
  private static final int MOST_ATTEMPTS = 100;
  private static final Duration LONGEST = Duration.ofDays(365);

  /// The kinds of errors after which another attempt is made unless others are named.
  public static final Set<TaskError.Kind> USUAL =
      Stream.of(TaskError.Kind.values())
          .filter(Retry::isUsual)
          .collect(Collectors.toUnmodifiableSet());

  public Retry {
    if (attempts < 1 || attempts > MOST_ATTEMPTS) {
      throw new IllegalArgumentException(
          "attempts must be from 1 to %d, not %d".formatted(MOST_ATTEMPTS, attempts));
    }
    requireTime("backoff", backoff);
    requireTime("maxBackoff", maxBackoff);
    if (!(factor >= 1 && factor <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("factor must be 1 or more, not " + factor);
    }
    if (on.contains(TaskError.Kind.CANCELLED)) {
      throw new IllegalArgumentException(
          "What was cancelled is not attempted again; leave out cancelled");
    }
    on = Set.copyOf(on);
    if (timeout != null) {
      requireTime("timeout", timeout);
      if (timeout.toMillis() == 0) {
        throw new IllegalArgumentException("timeout must be a millisecond or more, not " + timeout);
      }
    }
  }

  private static void requireTime(String name, Duration time) {
    if (time.isNegative() || time.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "%s must be from 0 to %d days, not %s".formatted(name, LONGEST.toDays(), time));
    }
  }

  private static boolean isUsual(TaskError.Kind kind) {
    return switch (kind) {
      case EXCEPTION,
          REPORTED,
          NO_RESULT,
          REFUSED_CODE,
          TIMED_OUT,
          LIMIT,
          MODEL,
          WORKSPACE,
          INTERRUPTED,
          MISFIT,
          UNSTORABLE,
          INTERNAL ->
          true;
      case CANCELLED, BUDGET_EXHAUSTED -> false;
    };
  }

  /// At most so many attempts; the rest by default.
  ///
  /// @throws IllegalArgumentException if it is none from 1 to 100
  public static Retry attempts(int attempts) {
    return new Retry(attempts, Duration.ofSeconds(1), 2, Duration.ofHours(1), USUAL, null);
  }

  /// The same, with another time before the second attempt.
  ///
  /// @throws IllegalArgumentException if it is negative or longer than 365 days
  public Retry backoff(Duration first) {
    return new Retry(attempts, first, factor, maxBackoff, on, timeout);
  }

  /// The same, with another factor: 1 for times that are all alike.
  ///
  /// @throws IllegalArgumentException if it is less than 1
  public Retry factor(double other) {
    return new Retry(attempts, backoff, other, maxBackoff, on, timeout);
  }

  /// The same, with another longest time between two attempts.
  ///
  /// @throws IllegalArgumentException if it is negative or longer than 365 days
  public Retry maxBackoff(Duration longest) {
    return new Retry(attempts, backoff, factor, longest, on, timeout);
  }

  /// The same, where another attempt is made after errors of these kinds only.
  ///
  /// @throws IllegalArgumentException if `CANCELLED` is among them
  public Retry on(TaskError.Kind... kinds) {
    return new Retry(attempts, backoff, factor, maxBackoff, Set.of(kinds), timeout);
  }

  /// The same, where each attempt ends with [Outcome.TimedOut] after so long.
  ///
  /// @throws IllegalArgumentException if it is shorter than a millisecond or longer than 365 days
  public Retry timeout(Duration ofAttempt) {
    return new Retry(attempts, backoff, factor, maxBackoff, on, ofAttempt);
  }

  /// Whether another attempt is made after the one of that number, counted from 1, has failed so.
  public boolean goesOn(int attempt, TaskError.Kind error) {
    return attempt < attempts && on.contains(error);
  }

  /// The time between the end of the attempt of that number, counted from 1, and the next.
  public Duration backoffAfter(int attempt) {
    double millis = backoff.toMillis() * Math.pow(factor, attempt - 1.0);
    return millis < maxBackoff.toMillis() ? Duration.ofMillis((long) millis) : maxBackoff;
  }

  /// How long an attempt may take of a job that may take `limit`.
  public Duration timeoutWithin(Duration limit) {
    return timeout == null || timeout.compareTo(limit) > 0 ? limit : timeout;
  }

  /// How long all of it may take if no attempt takes longer than that.
  public Duration longest(Duration attempt) {
    var longest = attempt.multipliedBy(attempts);
    for (int n = 1; n < attempts; n++) {
      longest = longest.plus(backoffAfter(n));
    }
    return longest;
  }
}
