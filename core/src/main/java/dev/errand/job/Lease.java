package dev.errand.job;

import java.time.Instant;

/// The right to commit for one job until a moment.
///
/// @param job which
/// @param worker to whom it was given
/// @param fence grows with every claim of the job; a commit with an older one is refused
/// @param until when another worker may claim the job
public record Lease(JobId job, String worker, long fence, Instant until) {}
