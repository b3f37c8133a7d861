package dev.errand.spi;

import dev.errand.job.JobStatus;
import dev.errand.job.Lease;
import dev.errand.job.Progress;
import dev.errand.job.Wait;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// One transition of one job, as plain data: computed by the engine, committed by the store whole.
///
/// A job's last step says so in three places: the job is `DONE` after it, [Next.End] ends the
/// lease, and one [Change.Ended] has the outcome. Any other step says it in none, else the
/// constructor throws `IllegalArgumentException`.
///
/// @param lease the right to commit it
/// @param version how many steps were committed for the job before this one
/// @param status where the job stands after it
/// @param progress how far the job has come after it
/// @param changes what else it changes, applied in order
/// @param next what becomes of the lease
/// @param taking what of the jobs that fall due by it the worker takes at once
public record Step(
    Lease lease,
    long version,
    JobStatus status,
    Progress progress,
    List<Change> changes,
    Next next,
    Taking taking) {
  public Step {
    changes = List.copyOf(changes);
    boolean last = next instanceof Next.End;
    long outcomes = changes.stream().filter(Change.Ended.class::isInstance).count();
    if ((status == JobStatus.DONE) != last || outcomes != (last ? 1 : 0)) {
      throw new IllegalArgumentException(
          "A job's last step, and no other, is DONE, ends the lease and has one outcome; this one"
              + " is "
              + "%s, has %s and outcomes: %d".formatted(status, next, outcomes));
    }
  }

  /// One that takes nothing.
  public Step(
      Lease lease,
      long version,
      JobStatus status,
      Progress progress,
      List<Change> changes,
      Next next) {
    this(lease, version, status, progress, changes, next, Taking.NOTHING);
  }

  /// The same, taking something.
  public Step taking(Taking some) {
    return new Step(lease, version, status, progress, changes, next, some);
  }

  /// Of the jobs that fall due by a step, in the order in which they do, those that go to the
  /// step's worker at once, as by a claim right after it that finds no others.
  ///
  /// @param most how many
  /// @param lease how long it has each
  public record Taking(int most, Duration lease) {
    /// None.
    public static final Taking NOTHING = new Taking(0, Duration.ZERO);

    public Taking {
      if (most < 0 || (most > 0 && lease.toMillis() <= 0)) {
        throw new IllegalArgumentException("Cannot take " + most + " jobs for " + lease);
      }
    }
  }

  /// What becomes of the lease after a step.
  public sealed interface Next {
    /// The worker keeps it and goes on.
    record Continue() implements Next {}

    /// The worker hands it back; the job falls due `at` a moment, for whoever claims it.
    record Yield(Instant at) implements Next {}

    /// The worker hands it back until the wait is satisfied, or its moment has come. If so already,
    /// the worker keeps the lease instead, the job keeps the status it had before the step, and the
    /// receipt says so. Of what is set aside for the job's model that for a last call is kept, and
    /// no more.
    record Await(Wait on) implements Next {}

    /// The job is done; the lease ends.
    record End() implements Next {}
  }
}
