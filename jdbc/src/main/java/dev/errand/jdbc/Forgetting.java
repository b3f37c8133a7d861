package dev.errand.jdbc;

import dev.errand.job.JobId;
import dev.errand.job.UnknownJobException;
import java.sql.SQLException;

/// Forgets how turns before `turn` left a job's workspace.
record Forgetting(JobId job, int turn) implements Work<JobId> {
  @Override
  public JobId apply(Transaction transaction) throws SQLException {
    int kept = keep(transaction);
    transaction
        .sql("delete from covariable where job = ? and until <= ?")
        .bind(job.text())
        .bind(kept)
        .update();
    transaction
        .sql("delete from piece where job = ? and until <= ?")
        .bind(job.text())
        .bind(kept)
        .update();
    return job;
  }

  /// Notes which turn is the first one kept from now on, and returns it.
  private int keep(Transaction transaction) throws SQLException {
    int last =
        transaction
            .sql("select * from job where id = ?")
            .bind(job.text())
            .first(row -> JobRow.job(row).lastTurn())
            .orElseThrow(() -> new UnknownJobException(job.text()));
    return transaction
        .sql("update job set kept = max(kept, ?) where id = ? returning kept")
        .bind(Math.min(turn, last))
        .bind(job.text())
        .first(row -> row.getInt(1))
        .orElseThrow();
  }

  @Override
  public boolean mayBeForgotten() {
    return true;
  }
}
