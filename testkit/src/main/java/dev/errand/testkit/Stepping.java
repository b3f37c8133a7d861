package dev.errand.testkit;

import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Lease;
import dev.errand.job.Progress;
import dev.errand.job.Wait;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Receipt;
import dev.errand.spi.Step;
import java.time.Instant;
import java.util.List;

/// A step in the making: its lease, its version and its changes; what becomes of the lease
/// completes it.
record Stepping(
    Lease lease, long version, JobStatus status, Progress progress, List<Change> changes) {
  /// A step of the job just claimed.
  static Stepping by(Claim claim, Change... changes) {
    return by(claim.lease(), claim.version(), changes);
  }

  /// The step after the one the receipt is for.
  static Stepping after(Claim claim, Receipt receipt, Change... changes) {
    return by(claim.lease(), receipt.version(), changes);
  }

  static Stepping by(Lease lease, long version, Change... changes) {
    return new Stepping(lease, version, JobStatus.STARTED, Progress.START, List.of(changes));
  }

  Stepping at(Progress place) {
    return new Stepping(lease, version, status, place, changes);
  }

  Stepping becoming(JobStatus next) {
    return new Stepping(lease, version, next, progress, changes);
  }

  Step goingOn() {
    return step(new Step.Next.Continue());
  }

  Step yielding(Instant at) {
    return step(new Step.Next.Yield(at));
  }

  Step awaiting(int needed, JobId... handlers) {
    return becoming(JobStatus.SUSPENDED)
        .step(new Step.Next.Await(new Wait(List.of(handlers), needed)));
  }

  Step awaiting(Wait on) {
    return becoming(JobStatus.SUSPENDED).step(new Step.Next.Await(on));
  }

  Step ending() {
    return becoming(JobStatus.DONE).step(new Step.Next.End());
  }

  private Step step(Step.Next next) {
    return new Step(lease, version, status, progress, changes, next);
  }
}
