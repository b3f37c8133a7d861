package dev.errand.jdbc;

import dev.errand.job.Lease;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// Prolongs leases.
record Renewal(List<Lease> leases, Duration duration) implements Work<List<Lease>> {
  @Override
  public List<Lease> apply(Transaction transaction) throws SQLException {
    long until = transaction.now() + duration.toMillis();
    var held = new ArrayList<Lease>();
    for (var lease : leases) {
      var job = transaction.find(lease.job());
      if (job.isPresent() && isHeld(job.get(), lease)) {
        transaction.change(job.get()).set(JobRow.DUE, until).set(JobRow.PLACE, null);
        held.add(
            new Lease(lease.job(), lease.worker(), lease.fence(), Instant.ofEpochMilli(until)));
      }
    }
    return List.copyOf(held);
  }

  /// Only the holder renews: a claim by another raised the fence, and a lease that was handed back
  /// has no worker.
  private static boolean isHeld(JobRow job, Lease lease) {
    return job.number(JobRow.FENCE) == lease.fence() && !job.isNull(JobRow.WORKER);
  }

  @Override
  public boolean mayBeForgotten() {
    return true;
  }
}
