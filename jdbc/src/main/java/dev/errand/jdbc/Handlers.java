package dev.errand.jdbc;

import dev.errand.job.Completion;
import dev.errand.job.DuplicateSubTaskException;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.StoredForm;
import dev.errand.job.Subtask;
import dev.errand.job.UnknownJobException;
import dev.errand.spi.Bookkeeping;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/// Gives jobs their handlers, and ends them.
final class Handlers {
  private Handlers() {}

  /// Gives an existing child a handler.
  static void attach(Transaction transaction, JobId id, Json subtaskId) throws SQLException {
    var child =
        transaction
            .sql(
                "select number, subtask_id, turn, agent, outcome, definition from job where id = ?")
            .bind(id.text())
            .first(Child::read)
            .orElseThrow(() -> new UnknownJobException(id.text()));
    var wanted = subtaskId.print();
    if (child.subtaskId() != null && child.subtaskId().equals(wanted)) {
      return;
    }
    if (child.subtaskId() != null && !child.subtaskId().equals(Json.Null.VALUE.print())) {
      throw new DuplicateSubTaskException(id, Json.parse(child.subtaskId()));
    }
    requireUnused(transaction, id.parent().map(JobId::text).orElse(null), wanted);
    transaction
        .sql("update job set subtask_id = ?, given = max(given, ?) where number = ?")
        .bind(wanted)
        .bind(Subtask.open(subtaskId).isFuture())
        .bind(child.number())
        .update();
    if (child.subtaskId() != null) {
      return;
    }
    History.append(
        transaction,
        id,
        History.Line.of(Bookkeeping.spawned(child.turn(), child.agent(), subtaskId)));
    if (child.outcome() != null) {
      var outcome = StoredForm.outcome((Json.Object) Json.parse(child.outcome()));
      endLate(transaction, child, id, subtaskId, outcome);
    }
  }

  /// Ends the handler that a job gets only after its end.
  private static void endLate(
      Transaction transaction, Child child, JobId id, Json subtaskId, Outcome outcome)
      throws SQLException {
    var definition = StoredDefinition.find(transaction.session(), child.definition()).orElseThrow();
    if (definition.deliversReturnedValue() && outcome instanceof Outcome.Succeeded(var value)) {
      var result = new Completion.Result(value);
      var line = History.Line.of(Bookkeeping.completed(child.turn(), subtaskId, result));
      end(transaction, child.number(), id, StoredForm.write(result).print(), line);
    } else {
      endUncompleted(transaction, child.number(), id, child.turn(), subtaskId, outcome);
    }
  }

  /// Refuses an id that a child of `parent` has.
  static void requireUnused(Transaction transaction, @Nullable String parent, String subtaskId)
      throws SQLException {
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

  /// Ends a handler that its job's end leaves uncompleted; returns the sequence of the entry that
  /// says so.
  static long endUncompleted(
      Transaction transaction, long number, JobId id, int turn, Json subtaskId, Outcome outcome)
      throws SQLException {
    var handler = Subtask.open(subtaskId);
    var form = StoredForm.write(handler.completedBy(outcome)).print();
    var line = History.Line.of(Bookkeeping.uncompleted(turn, handler, outcome));
    return end(transaction, number, id, form, line);
  }

  /// Ends an open handler, and wakes who waited for it; returns the sequence of the entry that says
  /// so.
  static long end(
      Transaction transaction, long number, JobId id, String completion, History.Line line)
      throws SQLException {
    long told = History.append(transaction, id, line);
    boolean isNews =
        transaction
            .sql("update job set completion = ?, told = ? where number = ? returning given")
            .bind(completion)
            .bind(told)
            .bind(number)
            .first(row -> !row.getBoolean(1))
            .orElseThrow();
    var waiters = Waits.handlerEnded(transaction, id);
    var parent = id.parent();
    if (isNews && parent.isPresent() && !waiters.contains(parent.get().text())) {
      Signals.revive(transaction, parent.get(), id);
    }
    return told;
  }

  private record Child(
      long number,
      @Nullable String subtaskId,
      int turn,
      String agent,
      @Nullable String outcome,
      String definition) {
    static Child read(ResultSet row) throws SQLException {
      return new Child(
          row.getLong(1),
          row.getString(2),
          row.getInt(3),
          row.getString(4),
          row.getString(5),
          row.getString(6));
    }
  }
}
