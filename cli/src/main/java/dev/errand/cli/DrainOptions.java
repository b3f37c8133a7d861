package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.JobId;
import dev.errand.job.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/// The option of commands that work until they are told to end, and then leave their jobs to
/// others.
final class DrainOptions {
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

  @Option(
      names = "--drain-within",
      paramLabel = "SECONDS",
      description =
          "How long to wait, once told to end, for what is under way; default ${DEFAULT-VALUE}.")
  int seconds = Math.toIntExact(Errand.DRAIN_WITHIN.toSeconds());

  void check() {
    if (seconds < 0) {
      throw Refusal.usage("--drain-within must not be negative, but is " + seconds);
    }
  }

  /// Waits until the process is told to end; says when the store fails the worker, which goes on
  /// trying, and when it can be used again.
  static Termination.Cause awaitEnd(Termination termination, Errand errand, Screen screen)
      throws InterruptedException {
    boolean isInTrouble = false;
    while (true) {
      var told = termination.await(BETWEEN_LOOKS);
      if (told.isPresent()) {
        return told.get();
      }
      var trouble = trouble(errand);
      if (trouble.isPresent() && !isInTrouble) {
        screen.say("errand: the store failed, and is tried again and again: " + trouble.get());
      } else if (trouble.isEmpty() && isInTrouble) {
        screen.say("errand: the store can be used again");
      }
      isInTrouble = trouble.isPresent();
    }
  }

  private static Optional<String> trouble(Errand errand) throws InterruptedException {
    try {
      errand.awaitChange(Duration.ZERO);
      return Optional.empty();
    } catch (StoreException failed) {
      return Optional.of(String.valueOf(failed.getMessage()));
    }
  }

  /// Leaves the jobs to others.
  ///
  /// @return those that did not come to rest
  List<JobId> drain(Errand errand) throws InterruptedException {
    return errand.drain(Duration.ofSeconds(seconds));
  }

  /// What the process ends with: to be told to end is no failure where all was left in order.
  static int exitCode(Termination.Cause cause, List<JobId> left) {
    boolean isInOrder = cause == Termination.Cause.TERM && left.isEmpty();
    return isInOrder ? ExitCode.OK : cause.exitCode();
  }

  /// What becomes of jobs that did not come to rest.
  static String words(List<JobId> left) {
    var ids = left.stream().limit(5).map(JobId::text).toList();
    return "%s did not come to rest, and goes on elsewhere once its lease runs out: %s%s"
        .formatted(
            Text.count(left.size(), "job", "jobs"),
            String.join(", ", ids),
            left.size() > ids.size() ? " and " + (left.size() - ids.size()) + " more" : "");
  }
}
