package dev.errand.jdbc;

import dev.errand.job.BudgetExhaustedException;
import dev.errand.job.DuplicateSubTaskException;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
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
  /// @throws DuplicateSubTaskException if the handler's id is taken
  boolean insert(Transaction transaction) throws SQLException {
    // The unique indexes decide, under the write lock: of two that want the same id, the second
    // inserts nothing.
    long now = transaction.now();
    int inserted =
        transaction
            .sql(
                """
                insert into job
                  (id, parent, ordinal, key, digest, agent, created, definition, status,
                   subtask_id, due, hears, given, admits, allows, deadline)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                  min(?, coalesce((select deadline from job where id = ?), ?)))
                on conflict do nothing
                """)
            .bind(job.id().text())
            .bind(parent)
            .bind(job.id().ordinal())
            .bind(job.key())
            .bind(job.digest())
            .bind(job.definition().agent().name())
            .bind(now)
            .bind(definition.address())
            .bind(JobStatus.READY.name())
            .bind(subtaskId)
            .bindOrNull(job.definition().isCallback() ? null : now)
            .bind(job.definition().agent().model() != null)
            .bind(job.subtask() != null && job.subtask().isFuture())
            .bind(job.definition().agent().limits().children())
            .bind(job.definition().agent().limits().descendants())
            .bind(deadline(now))
            .bind(parent)
            .bind(Long.MAX_VALUE)
            .update();
    if (inserted == 0) {
      requireTaken(transaction);
      return false;
    }
    definition.store(transaction);
    if (workspace != null) {
      workspace.apply(transaction, job.id());
    }
    for (var line : lines) {
      History.append(transaction, job.id(), line);
    }
    var above = job.id().parent();
    if (above.isPresent() && job.subtask() != null && job.subtask().isAttempt()) {
      Signals.repeat(transaction, above.get(), job.id());
    }
    if (above.isEmpty()) {
      Accounts.open(transaction, job.id(), job.granted().orElseThrow());
    } else if (!job.definition().isCallback()) {
      var refused = refusal(transaction, above.get());
      if (refused.isPresent()) {
        end(transaction, refused.get());
      } else {
        Places.take(transaction, job.id(), above.get());
      }
    }
    return true;
  }

  /// How a child ends before it begins that is one too many in its tree, or is to have a share of
  /// too little.
  private Optional<Outcome> refusal(Transaction transaction, JobId above) throws SQLException {
    if (!Places.count(transaction, job.id().root())) {
      return Optional.of(Bookkeeping.oneTooMany(job.id().root()));
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

  private void end(Transaction transaction, Outcome outcome) throws SQLException {
    long number =
        transaction
            .sql("update job set status = ?, outcome = ?, due = null where id = ? returning number")
            .bind(JobStatus.DONE.name())
            .bind(StoredForm.write(outcome).print())
            .bind(job.id().text())
            .first(row -> row.getLong(1))
            .orElseThrow();
    History.append(transaction, job.id(), History.Line.of(Bookkeeping.ended(0, outcome)));
    if (job.subtask() != null) {
      var handler = job.subtask().id();
      Handlers.endUncompleted(transaction, number, job.id(), 0, handler, outcome);
    }
  }

  private long deadline(long now) {
    return now + Math.min(LONGEST.toMillis(), job.timeout().toMillis());
  }

  /// Where it was not the job's own id that was taken, it was its handler's.
  private void requireTaken(Transaction transaction) throws SQLException {
    boolean taken =
        transaction.sql("select 1 from job where id = ?").bind(job.id().text()).exists();
    if (!taken && subtaskId != null) {
      Handlers.requireUnused(transaction, parent, subtaskId);
    }
  }
}
