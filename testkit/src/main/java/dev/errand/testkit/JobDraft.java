package dev.errand.testkit;

import dev.errand.job.Budget;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.Subtask;
import dev.errand.job.Usage;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A job as it is to be next.
final class JobDraft {
  private final JobRecord job;
  private JobRecord.Origin origin;
  private JobStatus status;
  private Progress progress;
  private @Nullable Subtask subtask;
  private @Nullable Outcome outcome;
  private Usage usage;
  private Budget reserved;

  private JobDraft(JobRecord job) {
    this.job = job;
    this.origin = job.origin();
    this.status = job.status();
    this.progress = job.progress();
    this.subtask = job.subtask();
    this.outcome = job.outcome();
    this.usage = job.usage();
    this.reserved = job.reserved();
  }

  static JobDraft of(JobRecord job) {
    return new JobDraft(job);
  }

  JobDraft due(@Nullable Instant deadline) {
    origin =
        new JobRecord.Origin(
            origin.key(),
            origin.digest(),
            origin.agent(),
            origin.created(),
            deadline,
            origin.priority());
    return this;
  }

  JobDraft moved(JobStatus to, Progress made) {
    status = to;
    progress = made;
    return this;
  }

  JobDraft handled(Subtask by) {
    subtask = by;
    return this;
  }

  JobDraft ended(@Nullable Outcome how) {
    outcome = how;
    return this;
  }

  JobDraft spent(Usage more) {
    usage = usage.plus(more);
    return this;
  }

  JobDraft reserved(Budget amount) {
    reserved = amount;
    return this;
  }

  JobRecord record() {
    return new JobRecord(
        job.id(), origin, job.definition(), status, progress, subtask, outcome, usage, reserved);
  }
}
