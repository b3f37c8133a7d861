package dev.errand.engine;

import dev.errand.job.JobId;
import dev.errand.spi.Claim;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/// Where a job's thread stays while its job is suspended.
interface Parking {
  /// Suspends a job, and blocks until this worker claims it again; no worker permit is held
  /// meanwhile.
  ///
  /// @param answers how much the code asked since its last checkpoint, which a replay would ask
  ///   again
  /// @param suspend commits the suspension; false if the job need not wait
  /// @param version the job's version once suspended; a claim at another one is not for this thread
  /// @return the claim to go on with; empty if the job did not have to wait
  /// @throws Dropped if the thread is given up: the job's rows are all that is left of it
  Optional<Claim> park(JobId job, int answers, BooleanSupplier suspend, LongSupplier version);
}
