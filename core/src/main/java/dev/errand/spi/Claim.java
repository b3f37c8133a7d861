package dev.errand.spi;

import dev.errand.job.JobRecord;
import dev.errand.job.Lease;

/// A job handed to a worker.
///
/// @param lease the right to commit for it
/// @param job the job as it stood at that moment
/// @param version how many steps were committed for it
/// @param bare whether it was created by the very step that took it, without a workspace: none need
///   be looked for
public record Claim(Lease lease, JobRecord job, long version, boolean bare) {
  /// One of which nothing is known of a workspace.
  public Claim(Lease lease, JobRecord job, long version) {
    this(lease, job, version, false);
  }
}
