package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import dev.errand.job.BudgetExhaustedException;
import dev.errand.job.DuplicateSubTaskException;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.StoredForm;
import dev.errand.spi.Bookkeeping;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A new job, ready to be inserted.
final class Creation {
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private final NewJob job;
  private final @Nullable String parent;
  private final StoredDefinition definition;
  private final @Nullable String subtaskId;
  private final @Nullable WorkspaceChange workspace;
  private final List<History.Line> lines;

  private Creation(NewJob job, StoredDefinition definition) {
    this.job = job;
    this.parent = job.id().parent().map(JobId::text).orElse(null);
    this.definition = definition;
    this.subtaskId = job.subtask() == null ? null : job.subtask().id().print();
    this.workspace = job.workspace() == null ? null : WorkspaceChange.of(job.workspace());
    this.lines = Bookkeeping.begun(job).stream().map(History.Line::of).toList();
  }

  static Creation of(NewJob job, StoredDefinition definition) {
    return new Creation(job, definition);
  }

  /// Inserts the job unless its id is taken; returns whether it did.
  ///
  /// Mostly nothing of it is taken, and nobody looks: the unique indexes decide when it is written,
  /// and if they object, all is done again with a look before.
  ///
  /// @throws DuplicateSubTaskException if the handler's id is taken
  boolean insert(Transaction transaction) throws SQLException, Collision {
    if (transaction.isCareful()) {
      if (transaction.find(job.id()).isPresent()) {
        return false;
      }
      if (subtaskId != null && !subtaskId.equals(Json.Null.VALUE.print())) {
        Handlers.requireUnused(transaction, parent, subtaskId);
      }
    } else if (transaction.has(job.id())) {
      return false;
    }
    var above = parent == null ? null : transaction.job(new JobId(parent));
    var row = row(transaction.now(), above);
    transaction.insert(row);
    transaction.define(definition);
    if (workspace != null) {
      workspace.apply(transaction, job.id());
    }
    for (var line : lines) {
      History.append(transaction, job.id(), line);
    }
    if (above == null) {
      Accounts.open(transaction, job.id(), job.granted().orElseThrow());
      transaction.fallDue(row);
      return true;
    }
    if (job.subtask() != null && job.subtask().isAttempt()) {
      Signals.repeat(transaction, above, job.id());
    }
    if (!job.definition().isCallback()) {
      var refused = refusal(transaction, above.id());
      if (refused.isPresent()) {
        end(transaction, row, refused.get());
      } else {
        Places.take(transaction, row, above);
      }
    }
    transaction.fallDue(row);
    return true;
  }

  private JobRow row(long now, @Nullable JobRow above) {
    var agent = job.definition().agent();
    var row =
        Row.fresh(Table.JOB)
            .set(JobRow.ID, job.id().text())
            .set(JobRow.PARENT, parent)
            .set(JobRow.ORDINAL, job.id().ordinal())
            .set(JobRow.KEY, job.key())
            .set(JobRow.DIGEST, job.digest())
            .set(JobRow.AGENT, agent.name())
            .set(JobRow.CREATED, now)
            .set(JobRow.DEFINITION, definition.address())
            .set(JobRow.STATUS, JobStatus.READY.name())
            .set(JobRow.SUBTASK_ID, subtaskId)
            .set(JobRow.PROCESS, null)
            .set(JobRow.DUE, job.definition().isCallback() ? null : now)
            .set(JobRow.KEPT, -1)
            .set(JobRow.HEARS, agent.model() != null)
            .set(JobRow.GIVEN, job.subtask() != null && job.subtask().isFuture())
            .set(JobRow.STOP, null)
            .set(JobRow.DEADLINE, deadline(now, above))
            .set(JobRow.ADMITS, (long) agent.limits().children())
            .set(JobRow.ALLOWS, (long) agent.limits().descendants())
            .set(JobRow.LAST_TOKENS, null)
            .set(JobRow.LAST_MICRO_USD, null)
            .set(JobRow.PRIORITY, priority(above))
            .set(JobRow.PLACE, null);
    return new JobRow(row);
  }

  /// How a child ends before it begins that is one too many in its tree, or is to have a share of
  /// too little.
  private Optional<Outcome> refusal(Transaction transaction, JobId above) throws SQLException {
    var root = job.id().root();
    if (!Places.count(transaction, transaction.job(root))) {
      return Optional.of(Bookkeeping.oneTooMany(root));
    }
    if (job.granted().isEmpty()) {
      return Optional.empty();
    }
    var ledger = Accounts.ledger(transaction, above);
    try {
      ledger.share(job.id(), job.granted().get());
    } catch (BudgetExhaustedException tooLittle) {
      return Optional.of(new Outcome.BudgetExhausted(String.valueOf(tooLittle.getMessage())));
    }
    Accounts.keep(transaction, ledger);
    return Optional.empty();
  }

  private void end(Transaction transaction, JobRow row, Outcome outcome)
      throws SQLException, Collision {
    transaction
        .change(row)
        .set(JobRow.STATUS, JobStatus.DONE.name())
        .set(JobRow.OUTCOME, StoredForm.write(outcome).print())
        .set(JobRow.DUE, null);
    History.append(transaction, job.id(), History.Line.of(Bookkeeping.ended(0, outcome)));
    if (job.subtask() != null) {
      Handlers.endUncompleted(transaction, row, 0, outcome);
    }
  }

  private long priority(@Nullable JobRow above) {
    var own = job.priority();
    if (own != null) {
      return own;
    }
    return above == null ? 0 : above.number(JobRow.PRIORITY);
  }

  private long deadline(long now, @Nullable JobRow above) {
    long own = now + Math.min(LONGEST.toMillis(), job.timeout().toMillis());
    return above == null || above.isNull(JobRow.DEADLINE)
        ? own
        : Math.min(own, above.number(JobRow.DEADLINE));
  }
}
