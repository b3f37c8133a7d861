package dev.errand.jdbc;

import dev.errand.job.Budget;
import dev.errand.job.BudgetExhaustedException;
import dev.errand.job.Completion;
import dev.errand.job.DuplicateJobException;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobException;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.StaleLeaseException;
import dev.errand.job.Stop;
import dev.errand.job.StoppedException;
import dev.errand.job.StoredForm;
import dev.errand.job.Usage;
import dev.errand.spi.Bookkeeping;
import dev.errand.spi.Change;
import dev.errand.spi.Receipt;
import dev.errand.spi.Step;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Applies one step of one job.
///
/// What costs time and needs no look at the store (writing JSON, hashing) is done by the caller's
/// thread, in the constructor.
final class StepCommit implements Work<Receipt> {
  private final Step step;
  private final JobId id;
  private final @Nullable String outcome;

  /// Whether the step ends a job as one ends that was stopped.
  private final boolean isStopped;

  private final Map<JobDefinition, StoredDefinition> definitions = new HashMap<>();
  private final List<Part> parts;

  StepCommit(Step step) {
    this.step = step;
    this.id = step.lease().job();
    var last = last(step);
    this.outcome = last.map(StoredForm::write).map(Json::print).orElse(null);
    this.isStopped = last.filter(Outcome::isFromOutside).isPresent();
    this.parts = step.changes().stream().map(this::prepare).toList();
  }

  private static long bytes(Change change) {
    if (change instanceof Change.Checkpointed(var delta)) {
      return WorkspaceChange.bytes(delta);
    }
    return change instanceof Change.Created(var child)
        ? WorkspaceChange.bytes(child.workspace())
        : 0;
  }

  /// How the job ended, where it does.
  private static Optional<Outcome> last(Step step) {
    return step.changes().stream()
        .flatMap(change -> change instanceof Change.Ended(var last) ? Stream.of(last) : Stream.of())
        .reduce((earlier, last) -> last);
  }

  /// One change, ready to be applied to the job that `row` stands for.
  private interface Part {
    void apply(Transaction transaction, Row row) throws SQLException;
  }

  @Override
  public boolean mayRefuseLate() {
    return step.next() instanceof Step.Next.Await
        || step.changes().stream()
            .anyMatch(
                change ->
                    change instanceof Change.Created
                        || change instanceof Change.Stopped
                        || change instanceof Change.Told
                        || change instanceof Change.Reserved
                        || change instanceof Change.LastCall
                        || change instanceof Change.Attached
                        || change instanceof Change.ObjectChanged);
  }

  @Override
  public long bytes() {
    return step.changes().stream().mapToLong(StepCommit::bytes).sum();
  }

  @Override
  public Receipt apply(Transaction transaction) throws SQLException {
    var moved = move(transaction);
    if (moved.isEmpty()) {
      throw refusal(transaction);
    }
    var row = moved.get();
    for (var part : parts) {
      part.apply(transaction, row);
    }
    boolean leased =
        switch (step.next()) {
          case Step.Next.Continue ignored -> true;
          case Step.Next.Yield ignored -> false;
          case Step.Next.Await(var on) -> {
            int needed = Waits.begin(transaction, id, on);
            var until = on.until() == null ? null : roundedUp(on.until());
            boolean over =
                needed <= 0
                    || (until != null && until <= transaction.now())
                    || (on.heedsMessages()
                        && Signals.isMessageFor(transaction, id, step.progress().heard()));
            if (!over) {
              Waits.requireNoCycle(transaction, id, on, needed);
              suspend(transaction, row, needed, until, on.heedsMessages());
              keepForLastCall(transaction, row);
            }
            yield over;
          }
          case Step.Next.End ignored -> {
            Waits.end(transaction, id);
            if (id.parent().isPresent()) {
              Places.leave(transaction, id.parent().get());
            }
            if (row.hears) {
              Signals.reviveForNews(transaction, id, step.progress().heard());
            }
            yield false;
          }
        };
    return new Receipt(step.version() + 1, leased, row.messages);
  }

  private JobException refusal(Transaction transaction) throws SQLException {
    boolean isHeld =
        transaction
            .sql(
                """
                select 1 from job where id = ? and fence = ? and version = ? and worker is not null
                """)
            .bind(id.text())
            .bind(step.lease().fence())
            .bind(step.version())
            .exists();
    var stop = isHeld ? Stops.of(transaction.session(), id) : Optional.<Stop>empty();
    return stop.isPresent()
        ? new StoppedException(id, stop.get())
        : new StaleLeaseException(step.lease());
  }

  /// Moves the job on, if the lease and the version are still its own, and it is not to end or does
  /// so now.
  ///
  /// Of two steps for one version only one is applied: the first raises the version, and the
  /// transactions follow one another. A worker that lost its lease finds another fence, or no
  /// worker where the lease was handed back.
  ///
  /// Who keeps the lease leaves `due` alone: to set it, even to what it is, writes its index too.
  private Optional<Row> move(Transaction transaction) throws SQLException {
    return switch (step.next()) {
      case Step.Next.Continue ignored -> moveOn(transaction, step.status().name());
      // A job that is about to wait keeps its status until it is known that it must.
      case Step.Next.Await ignored -> moveOn(transaction, null);
      case Step.Next.Yield(var at) -> handBack(transaction, roundedUp(at));
      case Step.Next.End ignored -> handBack(transaction, null);
    };
  }

  private Optional<Row> moveOn(Transaction transaction, @Nullable String status)
      throws SQLException {
    return moved(
        transaction.sql(
            """
            update job set
              version = version + 1, status = coalesce(?, status), outcome = coalesce(?, outcome),
              turn = ?, acting = ?, statement = ?, printed = ?, children = ?, heard = ?
            where id = ? and fence = ? and version = ? and worker is not null
              and (stop is null or ?)
            returning number, subtask_id, told, hears, reserved_tokens, reserved_micro_usd,
              last_tokens, last_micro_usd
            """),
        status);
  }

  private Optional<Row> handBack(Transaction transaction, @Nullable Long due) throws SQLException {
    return moved(
        transaction
            .sql(
                """
                  update job set
                    worker = null, process = null, due = ?,
                    version = version + 1, status = ?, outcome = coalesce(?, outcome),
                    turn = ?, acting = ?, statement = ?, printed = ?, children = ?, heard = ?
                  where id = ? and fence = ? and version = ? and worker is not null
                    and (stop is null or ?)
                  returning number, subtask_id, told, hears, reserved_tokens, reserved_micro_usd,
                last_tokens, last_micro_usd
                """)
            .bindOrNull(due),
        step.status().name());
  }

  private Optional<Row> moved(Sql update, @Nullable String status) throws SQLException {
    var progress = step.progress();
    return update
        .bind(status)
        .bind(outcome)
        .bind(progress.turn())
        .bind(progress.acting())
        .bind(progress.statement())
        .bind(progress.printed())
        .bind(progress.created())
        .bind(progress.heard())
        .bind(id.text())
        .bind(step.lease().fence())
        .bind(step.version())
        .bind(isStopped)
        .first(
            row ->
                new Row(
                    row.getLong(1),
                    row.getString(2),
                    row.getLong(3),
                    row.getBoolean(4),
                    new Budget(row.getLong(5), row.getLong(6)),
                    last(row)));
  }

  /// What is set aside for a last call.
  private static @Nullable Budget last(ResultSet row) throws SQLException {
    long tokens = row.getLong(7);
    return row.wasNull() ? null : new Budget(tokens, row.getLong(8));
  }

  private void suspend(
      Transaction transaction, Row row, int needed, @Nullable Long until, boolean heeds)
      throws SQLException {
    transaction
        .sql(
            """
            update job set status = ?, worker = null, process = null, due = ?, needed = ?,
              heeds = ?
            where number = ?
            """)
        .bind(step.status().name())
        .bindOrNull(until)
        .bind(needed)
        .bind(heeds)
        .bind(row.number)
        .update();
  }

  private Part prepare(Change change) {
    return switch (change) {
      case Change.Recorded recorded -> {
        var line = History.Line.of(recorded);
        yield (transaction, row) -> History.append(transaction, id, line);
      }
      case Change.Created(var child) -> created(child);
      case Change.Attached(var child, var subtaskId) -> attached(child, subtaskId);
      case Change.Journalled(var effect) -> {
        var line = Effects.line(id, effect);
        yield (transaction, row) -> line.write(transaction);
      }
      case Change.Checkpointed(var delta) -> {
        var workspace = WorkspaceChange.of(delta);
        yield (transaction, row) -> workspace.apply(transaction, id);
      }
      case Change.Completed(var completion) -> completed(completion);
      case Change.Ended(var outcome) -> ended(outcome);
      case Change.ObjectChanged(var object) -> {
        var written = DurableObjects.Written.of(object);
        yield (transaction, row) -> written.apply(transaction);
      }
      case Change.Given(var children) -> given(children);
      case Change.Retrieved(var memory, var cards) ->
          (transaction, row) -> Memories.retrieved(transaction, memory, cards);
      case Change.Stopped stopped -> stopped(stopped);
      case Change.Told told -> told(told);
      case Change.Reserved(var call, var last) -> reserved(call, last);
      case Change.LastCall ignored -> lastCall();
      case Change.Spent(var usage) -> (transaction, row) -> spend(transaction, row, usage);
    };
  }

  private Part created(NewJob child) {
    requireChild(child.id());
    var creation =
        Creation.of(child, definitions.computeIfAbsent(child.definition(), StoredDefinition::of));
    return (transaction, row) -> {
      if (!creation.insert(transaction)) {
        requireSame(transaction, child);
      }
    };
  }

  private static void requireSame(Transaction transaction, NewJob child) throws SQLException {
    boolean same =
        transaction
            .sql("select 1 from job where id = ? and digest = ?")
            .bind(child.id().text())
            .bind(child.digest())
            .exists();
    if (!same) {
      throw new DuplicateJobException(child.id());
    }
  }

  private Part attached(JobId child, Json subtaskId) {
    requireChild(child);
    return (transaction, row) -> Handlers.attach(transaction, child, subtaskId);
  }

  private void requireChild(JobId child) {
    if (!child.parent().equals(Optional.of(id))) {
      throw new IllegalArgumentException("Job " + child + " is no child of " + id);
    }
  }

  private Part completed(Completion completion) {
    var form = StoredForm.write(completion).print();
    int turn = step.progress().turn();
    return (transaction, row) -> {
      if (row.isOpen()) {
        var line = History.Line.of(Bookkeeping.completed(turn, row.subtaskId(), completion));
        row.told = Handlers.end(transaction, row.number, id, form, line);
      }
    };
  }

  private Part ended(Outcome outcome) {
    int turn = step.progress().turn();
    var line = History.Line.of(Bookkeeping.ended(turn, outcome));
    return (transaction, row) -> {
      History.append(transaction, id, line);
      Accounts.end(transaction, id, row.reserved);
      setAside(transaction, row, Budget.NONE, null);
      if (row.isOpen()) {
        row.told =
            Handlers.endUncompleted(transaction, row.number, id, turn, row.subtaskId(), outcome);
      }
    };
  }

  private Part stopped(Change.Stopped stopped) {
    if (!stopped.job().isWithin(id)) {
      throw new IllegalArgumentException("Job " + stopped.job() + " is not within " + id);
    }
    return (transaction, row) ->
        Stops.stop(transaction, stopped.job(), stopped.outcome(), stopped.grace());
  }

  private Part told(Change.Told told) {
    if (told.job().equals(id) || !told.job().isWithin(id)) {
      throw new IllegalArgumentException("Job " + told.job() + " is not below " + id);
    }
    return (transaction, row) ->
        row.messages.add(Signals.say(transaction, told.job(), told.message(), told.revives()));
  }

  private static Part given(List<JobId> children) {
    var list = new Json.Array(children.stream().<Json>map(id -> new Json.Text(id.text())).toList());
    var ids = list.print();
    return (transaction, row) ->
        transaction
            .sql("update job set given = 1 where id in (select value from json_each(?))")
            .bind(ids)
            .update();
  }

  private Part reserved(Budget call, Budget last) {
    return (transaction, row) -> {
      var both = call.plus(last);
      var ledger = Accounts.ledger(transaction, id);
      ledger.reserve(row.reserved, both);
      Accounts.keep(transaction, ledger);
      setAside(transaction, row, both, last);
    };
  }

  private Part lastCall() {
    return (transaction, row) -> {
      if (row.last == null) {
        throw new BudgetExhaustedException("nothing is set aside for a last call of job " + id);
      }
      Accounts.ledger(transaction, id).requireNotOverdrawn();
      setAside(transaction, row, row.reserved, null);
    };
  }

  /// Most jobs end with nothing set aside, and need no write for it.
  private static void setAside(
      Transaction transaction, Row row, Budget reserved, @Nullable Budget last)
      throws SQLException {
    if (reserved.equals(row.reserved) && Objects.equals(last, row.last)) {
      return;
    }
    transaction
        .sql(
            """
            update job set reserved_tokens = ?, reserved_micro_usd = ?, last_tokens = ?,
              last_micro_usd = ?
            where number = ?
            """)
        .bind(reserved.tokens())
        .bind(reserved.microUsd())
        .bindOrNull(last == null ? null : last.tokens())
        .bindOrNull(last == null ? null : last.microUsd())
        .bind(row.number)
        .update();
    row.reserved = reserved;
    row.last = last;
  }

  /// What is set aside is for a last call only.
  private void keepForLastCall(Transaction transaction, Row row) throws SQLException {
    if (row.reserved.equals(row.forLastCall())) {
      return;
    }
    var ledger = Accounts.ledger(transaction, id);
    ledger.setAside(row.reserved, row.forLastCall());
    Accounts.keep(transaction, ledger);
    setAside(transaction, row, row.forLastCall(), row.last);
  }

  private void spend(Transaction transaction, Row row, Usage usage) throws SQLException {
    var kept = row.forLastCall();
    var ledger = Accounts.ledger(transaction, id);
    ledger.setAside(row.reserved, kept);
    ledger.spend(Budget.of(usage));
    Accounts.keep(transaction, ledger);
    setAside(transaction, row, kept, row.last);
    transaction
        .sql(
            """
            update job set calls = calls + ?, input_tokens = input_tokens + ?,
              output_tokens = output_tokens + ?, micro_usd = micro_usd + ?
            where number = ?
            """)
        .bind(usage.calls())
        .bind(usage.inputTokens())
        .bind(usage.outputTokens())
        .bind(usage.microUsd())
        .bind(row.number)
        .update();
  }

  /// The store knows milliseconds; a job must not fall due before the moment it asked for.
  private static long roundedUp(Instant at) {
    long millis = at.toEpochMilli();
    return Instant.ofEpochMilli(millis).equals(at) ? millis : millis + 1;
  }

  /// What a step must know of its job while it is applied.
  private static final class Row {
    final long number;
    private final @Nullable String subtaskId;
    private final boolean hears;
    private final List<Long> messages = new ArrayList<>();
    private long told;
    private Budget reserved;
    private @Nullable Budget last;

    Row(
        long number,
        @Nullable String subtaskId,
        long told,
        boolean hears,
        Budget reserved,
        @Nullable Budget last) {
      this.number = number;
      this.subtaskId = subtaskId;
      this.told = told;
      this.hears = hears;
      this.reserved = reserved;
      this.last = last;
    }

    /// Whether the job has a handler that has not ended.
    boolean isOpen() {
      return subtaskId != null && told == 0;
    }

    Budget forLastCall() {
      return last == null ? Budget.NONE : last;
    }

    Json subtaskId() {
      return subtaskId == null ? Json.Null.VALUE : Json.parse(subtaskId);
    }
  }
}
