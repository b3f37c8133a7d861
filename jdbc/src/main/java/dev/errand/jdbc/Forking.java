package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import dev.errand.job.DuplicateJobException;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Progress;
import dev.errand.job.UnknownTurnException;
import dev.errand.spi.Bookkeeping;
import java.sql.SQLException;

/// Creates a root job that stands where another one stood right after a turn.
///
/// The rows of the workspace are copied, the chunks they name are not; see [Collecting] for why
/// these do not vanish meanwhile.
record Forking(JobId from, int turn, JobId fork) implements Work<JobId> {
  /// What a fork has as it is.
  private static final int[] TAKEN = {
    JobRow.DIGEST,
    JobRow.AGENT,
    JobRow.DEFINITION,
    JobRow.HEARS,
    JobRow.ADMITS,
    JobRow.ALLOWS,
    JobRow.PRIORITY
  };

  Forking {
    if (fork.parent().isPresent()) {
      throw new IllegalArgumentException("Job " + fork + " is no root");
    }
  }

  @Override
  public void announce(Needs needs) {
    needs.job(from);
    needs.accounts(from);
    needs.tree(fork);
  }

  @Override
  public JobId apply(Transaction transaction) throws SQLException, Collision {
    var source = transaction.job(from);
    requireOver(source);
    if (transaction.find(fork).isPresent()) {
      throw new DuplicateJobException(fork);
    }
    var row = row(source, transaction.now());
    transaction.insert(row);
    transaction.fallDue(row);
    Accounts.open(transaction, fork, Accounts.granted(transaction, from));
    History.append(
        transaction, fork, History.Line.of(Bookkeeping.forked(source.agent(), from, turn)));
    transaction.flush();
    History.copy(transaction, from, turn, fork);
    Workspaces.copy(transaction, from, turn, fork);
    return fork;
  }

  private JobRow row(JobRow source, long now) {
    var row =
        Row.fresh(Table.JOB)
            .set(JobRow.ID, fork.text())
            .set(JobRow.STATUS, JobStatus.READY.name())
            .set(JobRow.CREATED, now)
            .set(JobRow.TURN, Progress.after(turn).turn())
            .set(JobRow.DUE, now)
            .set(JobRow.KEPT, turn)
            .set(JobRow.PROCESS, null)
            .set(JobRow.STOP, null)
            .set(JobRow.DEADLINE, null)
            .set(JobRow.LAST_TOKENS, null)
            .set(JobRow.LAST_MICRO_USD, null)
            .set(JobRow.PLACE, null);
    for (int column : TAKEN) {
      row.set(column, source.row().value(column));
    }
    if (!source.isNull(JobRow.DEADLINE)) {
      row.set(
          JobRow.DEADLINE, now + source.number(JobRow.DEADLINE) - source.number(JobRow.CREATED));
    }
    return new JobRow(row);
  }

  private void requireOver(JobRow source) {
    int last = source.record().lastTurn();
    if (turn > last) {
      throw UnknownTurnException.unfinished(from, turn, last);
    }
    int kept = (int) source.number(JobRow.KEPT);
    if (turn < kept) {
      throw UnknownTurnException.forgotten(from, turn, kept);
    }
  }
}
