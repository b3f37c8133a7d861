package dev.errand.jdbc;

import dev.errand.job.JobId;
import java.sql.SQLException;

/// Forgets how turns before `turn` left a job's workspace.
record Forgetting(JobId job, int turn) implements Work<JobId> {
  @Override
  public void announce(Needs needs) {
    needs.job(job);
  }

  @Override
  public JobId apply(Transaction transaction) throws SQLException {
    var row = transaction.job(job);
    long kept = Math.max(row.number(JobRow.KEPT), Math.min(turn, row.record().lastTurn()));
    transaction.change(row).set(JobRow.KEPT, kept);
    transaction
        .direct("delete from covariable where job = ? and until <= ?")
        .bind(job.text())
        .bind(kept)
        .update();
    Collecting.note(
        transaction,
        transaction
            .direct("delete from piece where job = ? and until <= ? returning address")
            .bind(job.text())
            .bind(kept)
            .list(gone -> gone.getString(1)));
    return job;
  }

  @Override
  public boolean mayBeForgotten() {
    return true;
  }
}
