package dev.errand.spi;

import dev.errand.job.JobRecord;
import dev.errand.job.Lease;

/// A job handed to a worker.
///
/// @param lease the right to commit for it
/// @param job the job as it stood at that moment
/// @param version how many steps were committed for it
public record Claim(Lease lease, JobRecord job, long version) {}
