package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import dev.errand.job.Completion;
import dev.errand.job.DuplicateSubTaskException;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.StoredForm;
import dev.errand.job.Subtask;
import dev.errand.spi.Bookkeeping;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/// Gives jobs their handlers, and ends them.
final class Handlers {
  private Handlers() {}

  /// Gives an existing child a handler.
  static void attach(Transaction transaction, JobId id, Json subtaskId)
      throws SQLException, Collision {
    var child = transaction.job(id);
    var known = child.text(JobRow.SUBTASK_ID);
    var wanted = subtaskId.print();
    if (wanted.equals(known)) {
      return;
    }
    if (known != null && !known.equals(Json.Null.VALUE.print())) {
      throw new DuplicateSubTaskException(id, Json.parse(known));
    }
    requireUnused(transaction, id.parent().map(JobId::text).orElse(null), wanted);
    var row = transaction.change(child).set(JobRow.SUBTASK_ID, wanted);
    if (Subtask.open(subtaskId).isFuture()) {
      row.set(JobRow.GIVEN, true);
    }
    // New rows are written before changed ones: one with the same id is to find this one.
    transaction.flush();
    if (known != null) {
      return;
    }
    History.append(
        transaction,
        id,
        History.Line.of(Bookkeeping.spawned(child.turn(), child.agent(), subtaskId)));
    var outcome = child.outcome();
    if (outcome != null) {
      endLate(transaction, child, subtaskId, outcome);
    }
  }

  /// Ends the handler that a job gets only after its end.
  private static void endLate(
      Transaction transaction, JobRow child, Json subtaskId, Outcome outcome)
      throws SQLException, Collision {
    var definition = StoredDefinition.of(transaction, child);
    if (definition.deliversReturnedValue() && outcome instanceof Outcome.Succeeded(var value)) {
      var result = new Completion.Result(value);
      var line = History.Line.of(Bookkeeping.completed(child.turn(), subtaskId, result));
      end(transaction, child, StoredForm.write(result).print(), line);
    } else {
      endUncompleted(transaction, child, child.turn(), outcome);
    }
  }

  /// Refuses an id that a child of `parent` has.
  static void requireUnused(Transaction transaction, @Nullable String parent, String subtaskId)
      throws SQLException, Collision {
    var owner =
        transaction
            .sql(
                """
                select id from job
                where parent = ? and subtask_id = ? and subtask_id <> 'null'
                """)
            .bind(parent)
            .bind(subtaskId)
            .first(row -> new JobId(row.getString(1)));
    if (owner.isPresent()) {
      throw new DuplicateSubTaskException(owner.get(), Json.parse(subtaskId));
    }
  }

  /// Ends a handler that its job's end leaves uncompleted.
  static void endUncompleted(Transaction transaction, JobRow job, int turn, Outcome outcome)
      throws SQLException, Collision {
    var handler = Subtask.open(job.subtaskId());
    var form = StoredForm.write(handler.completedBy(outcome)).print();
    var line = History.Line.of(Bookkeeping.uncompleted(turn, handler, outcome));
    end(transaction, job, form, line);
  }

  /// Ends an open handler, and wakes who waited for it.
  static void end(Transaction transaction, JobRow job, String completion, History.Line line)
      throws SQLException, Collision {
    var id = job.id();
    long told = History.append(transaction, id, line);
    transaction.change(job).set(JobRow.COMPLETION, completion).set(JobRow.TOLD, told);
    Waits.handlerEnded(transaction, id);
    var parent = id.parent();
    if (job.is(JobRow.GIVEN) || parent.isEmpty()) {
      return;
    }
    var above = transaction.job(parent.get());
    if (above.is(JobRow.HEARS)) {
      transaction.change(above).set(JobRow.NEWS, told);
      Signals.revive(transaction, above.id(), id);
    }
  }
}
