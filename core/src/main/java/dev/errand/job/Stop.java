package dev.errand.job;

import java.time.Instant;

/// A decision that a job, and all below it that are not done, are to end.
///
/// @param number its place among all such decisions of the store, from 1
/// @param top the job
/// @param outcome how they are to end: [Outcome.Cancelled] or [Outcome.TimedOut]
/// @param until when they have ended at the latest, even if a worker has them and says nothing
public record Stop(long number, JobId top, Outcome outcome, Instant until) {
  /// Whether it is about that job.
  public boolean concerns(JobId job) {
    return job.isWithin(top);
  }
}
