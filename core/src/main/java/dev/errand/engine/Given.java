package dev.errand.engine;

import dev.errand.job.JobId;
import dev.errand.spi.Claim;

/// A job that was given to this worker, with a permit.
///
/// @param began when the slice of time began that it goes on in, by [System#nanoTime]
record Given(Claim claim, long began) {
  JobId job() {
    return claim.job().id();
  }
}
