package dev.errand.models;

import dev.errand.agent.Model.Reply;
import dev.errand.job.ModelException;
import dev.errand.job.Usage;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes a call again while that may help, a little later each time.
///
/// @param attempts how many calls there are at most
/// @param first how long to wait after the first; twice as long after each further one
/// @param cap the longest wait of our own choosing
/// @param longest the longest wait that a provider may ask for
/// @param sleeper waits
/// @param random from 0 to 1: how much of the second half of a wait is waited, so that many jobs do
///   not come back at once
record Retries(
    int attempts,
    Duration first,
    Duration cap,
    Duration longest,
    Sleeper sleeper,
    DoubleSupplier random) {
  /// Five calls, after 1, 2, 4 and 8 seconds or half as long; a provider may ask for five minutes.
  static final Retries STANDARD =
      new Retries(
          5,
          Duration.ofSeconds(1),
          Duration.ofSeconds(60),
          Duration.ofMinutes(5),
          Thread::sleep,
          () -> ThreadLocalRandom.current().nextDouble());

  private static final Logger LOG = LoggerFactory.getLogger(Retries.class);

  /// Waits, and heeds interruption.
  interface Sleeper {
    void sleep(Duration duration) throws InterruptedException;
  }

  /// The reply of the first call that brings one; what calls before it cost is counted with it.
  ///
  /// @throws ModelException if none does, with what the last one came to
  Reply call(String model, Supplier<Reply> call) {
    var spent = Usage.NONE;
    for (int attempt = 1; ; attempt++) {
      try {
        return with(spent, call.get());
      } catch (CallFailed failed) {
        spent = spent.plus(failed.spent());
        var failure = failed.failure();
        if (!failure.again() || attempt >= attempts || failure.after().compareTo(longest) > 0) {
          throw given(up(model, attempt, failure), failed);
        }
        var wait = pause(attempt, failure.after());
        LOG.info(
            "{}: {}; call {} of {} in {} ms",
            model,
            failure.what(),
            attempt + 1,
            attempts,
            wait.toMillis());
        pause(model, wait);
      }
    }
  }

  private static Reply with(Usage spent, Reply reply) {
    return new Reply(reply.text(), reply.calls(), reply.cutOff(), reply.usage().plus(spent));
  }

  private void pause(String model, Duration wait) {
    try {
      sleeper.sleep(wait);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      var failure = Failure.interrupted();
      throw given(up(model, 1, failure), failure.asException());
    }
  }

  private static ModelException given(String message, CallFailed failed) {
    return new ModelException(message, failed);
  }

  private static String up(String model, int attempts, Failure failure) {
    var tried = attempts == 1 ? "" : " in " + attempts + " attempts";
    var asked =
        failure.after().isZero() ? "" : " (asked to wait " + failure.after().toSeconds() + " s)";
    return "%s gave no reply%s: %s%s. %s"
        .formatted(model, tried, withoutStop(failure.what()), asked, failure.next());
  }

  private static String withoutStop(String text) {
    return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
  }

  private Duration pause(int attempt, Duration asked) {
    var doubled = first.multipliedBy(1L << Math.min(attempt - 1, 30));
    var own = doubled.compareTo(cap) > 0 ? cap : doubled;
    var half = own.dividedBy(2);
    var jitter = Duration.ofNanos((long) (half.toNanos() * random.getAsDouble()));
    // What was asked for is waited in full, and the jitter on top.
    return asked.isZero() ? half.plus(jitter) : asked.plus(jitter);
  }
}
