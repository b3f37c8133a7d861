package dev.errand.spi;

import dev.errand.job.JobStatus;
import dev.errand.job.Lease;
import dev.errand.job.Progress;
import dev.errand.job.Wait;
import java.time.Instant;
import java.util.List;

/// One transition of one job, as plain data: computed by the engine, committed by the store whole.
///
/// @param lease the right to commit it
/// @param version how many steps were committed for the job before this one
/// @param status where the job stands after it
/// @param progress how far the job has come after it
/// @param changes what else it changes, applied in order
/// @param next what becomes of the lease
public record Step(
    Lease lease,
    long version,
    JobStatus status,
    Progress progress,
    List<Change> changes,
    Next next) {
  public Step {
    changes = List.copyOf(changes);
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
