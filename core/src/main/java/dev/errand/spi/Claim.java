package dev.errand.spi;

import dev.errand.job.JobRecord;
import dev.errand.job.Lease;
import org.jspecify.annotations.Nullable;

/// A job handed to a worker.
///
/// @param lease the right to commit for it
/// @param job the job as it stood at that moment
/// @param version how many steps were committed for it
/// @param bare whether it was created by the very step that took it, without a workspace: none need
///   be looked for
/// @param ended the job whose handler ended by the step that took this one, as it was after it;
///   null where none did, or no step took it
public record Claim(
    Lease lease, JobRecord job, long version, boolean bare, @Nullable JobRecord ended) {
  /// One that no step took.
  public Claim(Lease lease, JobRecord job, long version) {
    this(lease, job, version, false, null);
  }
}
