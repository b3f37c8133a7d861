package dev.errand.jdbc;

import dev.errand.job.DuplicateJobException;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Progress;
import dev.errand.job.UnknownJobException;
import dev.errand.job.UnknownTurnException;
import dev.errand.spi.Bookkeeping;
import java.sql.SQLException;

/// Creates a root job that stands where another one stood right after a turn.
///
/// The rows of the workspace are copied, the chunks they name are not; see [Collecting] for why
/// these do not vanish meanwhile.
record Forking(JobId from, int turn, JobId fork) implements Work<JobId> {
  Forking {
    if (fork.parent().isPresent()) {
      throw new IllegalArgumentException("Job " + fork + " is no root");
    }
  }

  @Override
  public JobId apply(Transaction transaction) throws SQLException {
    var source = source(transaction);
    source.requireOver(turn);
    if (insertJob(transaction) == 0) {
      throw new DuplicateJobException(fork);
    }
    Accounts.open(transaction, fork, Accounts.granted(transaction, from));
    var agent = source.job().origin().agent();
    History.append(transaction, fork, History.Line.of(Bookkeeping.forked(agent, from, turn)));
    History.copy(transaction, from, turn, fork);
    Workspaces.copy(transaction, from, turn, fork);
    return fork;
  }

  private Source source(Transaction transaction) throws SQLException {
    return transaction
        .sql("select * from job where id = ?")
        .bind(from.text())
        .first(row -> new Source(JobRow.job(row), JobRow.kept(row)))
        .orElseThrow(() -> new UnknownJobException(from.text()));
  }

  /// The unique index decides: of two forks of one id, the second inserts nothing.
  private int insertJob(Transaction transaction) throws SQLException {
    return transaction
        .sql(
            """
            insert into job
              (id, ordinal, digest, agent, created, definition, status, turn, due, kept, hears,
               admits, allows, deadline)
            select ?, 0, digest, agent, ?, definition, ?, ?, ?, ?, hears,
              admits, allows, ? + deadline - created from job where id = ?
            on conflict do nothing
            """)
        .bind(fork.text())
        .bind(transaction.now())
        .bind(JobStatus.READY.name())
        .bind(Progress.after(turn).turn())
        .bind(transaction.now())
        .bind(turn)
        .bind(transaction.now())
        .bind(from.text())
        .update();
  }

  /// The job to fork, and the first turn of it that is kept.
  private record Source(JobRecord job, int kept) {
    void requireOver(int turn) {
      if (turn > job.lastTurn()) {
        throw UnknownTurnException.unfinished(job.id(), turn, job.lastTurn());
      }
      if (turn < kept) {
        throw UnknownTurnException.forgotten(job.id(), turn, kept);
      }
    }
  }
}
