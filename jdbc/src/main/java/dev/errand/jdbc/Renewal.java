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
      if (renew(transaction, lease, until)) {
        held.add(
            new Lease(lease.job(), lease.worker(), lease.fence(), Instant.ofEpochMilli(until)));
      }
    }
    return List.copyOf(held);
  }

  /// Only the holder renews: a claim by another raised the fence, and a lease that was handed back
  /// has no worker.
  private static boolean renew(Transaction transaction, Lease lease, long until)
      throws SQLException {
    return transaction
            .sql("update job set due = ? where id = ? and fence = ? and worker is not null")
            .bind(until)
            .bind(lease.job().text())
            .bind(lease.fence())
            .update()
        == 1;
  }

  @Override
  public boolean mayBeForgotten() {
    return true;
  }
}
