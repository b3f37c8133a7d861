package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import dev.errand.job.JobRecord;
import dev.errand.job.Lease;
import dev.errand.spi.Claim;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// Hands due jobs to a worker of this process.
///
/// @param process this process, as the file knows it
record Claiming(String worker, long process, int limit, Duration duration)
    implements Work<List<Claim>> {
  @Override
  public List<Claim> apply(Transaction transaction) throws SQLException, Collision {
    long now = transaction.now();
    long until = now + duration.toMillis();
    var due = due(transaction, now);
    if (!due.isEmpty()) {
      lease(transaction, now, until);
    }
    transaction.forgetJobs();
    var end = Instant.ofEpochMilli(until);
    return due.stream()
        .map(row -> new Claim(row.lease(worker, end), row.job(), row.version()))
        .toList();
  }

  private List<Due> due(Transaction transaction, long now) throws SQLException, Collision {
    return transaction
        .sql("select * from job where due <= ? and stop is null order by due, number limit ?")
        .bind(now)
        .bind(limit)
        .list(row -> Due.of(JobRow.read(row)));
  }

  /// Leases the same jobs that were read before: nobody else writes between two statements of a
  /// transaction.
  ///
  /// No job is handed out twice: its lease's end becomes the moment at which it is due, so that
  /// whoever claims next does not find it, and its fence grows, so that whoever held it before
  /// commits no more.
  private void lease(Transaction transaction, long now, long until) throws SQLException, Collision {
    transaction
        .sql(
            """
            update job set fence = fence + 1, worker = ?, process = ?, due = ?, needed = 0,
              heeds = 0
            where number in
              (select number from job where due <= ? and stop is null order by due, number limit ?)
            """)
        .bind(worker)
        .bind(process)
        .bind(until)
        .bind(now)
        .bind(limit)
        .update();
  }

  @Override
  public boolean mayBeForgotten() {
    return true;
  }

  private record Due(JobRecord job, long version, long fence) {
    static Due of(JobRow row) {
      return new Due(row.record(), row.number(JobRow.VERSION), row.number(JobRow.FENCE));
    }

    Lease lease(String worker, Instant until) {
      return new Lease(job.id(), worker, fence + 1, until);
    }
  }
}
