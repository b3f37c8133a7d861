package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import dev.errand.job.Budget;
import dev.errand.job.BudgetExhaustedException;
import dev.errand.job.Completion;
import dev.errand.job.DuplicateJobException;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.StaleLeaseException;
import dev.errand.job.StoppedException;
import dev.errand.job.StoredForm;
import dev.errand.job.Usage;
import dev.errand.spi.Bookkeeping;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Receipt;
import dev.errand.spi.Step;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Applies one step of one job.
///
/// What costs time and needs no look at the store (writing JSON, hashing) is done by the caller's
/// thread, in the constructor.
final class StepCommit implements Work<Receipt> {
  private final Step step;
  private final long process;
  private final JobId id;
  private final @Nullable String outcome;

  /// Whether the step ends a job as one ends that was stopped.
  private final boolean isStopped;

  private final Map<JobDefinition, StoredDefinition> definitions = new HashMap<>();
  private final List<Part> parts;

  /// @param process the opening through which the step's worker takes jobs
  StepCommit(Step step, long process) {
    this.step = step;
    this.process = process;
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

  /// One change, ready to be applied to the step's job.
  private interface Part {
    void apply(Transaction transaction, JobRow job, List<Long> told) throws SQLException, Collision;
  }

  @Override
  public void announce(Needs needs) {
    needs.job(id);
    for (var change : step.changes()) {
      switch (change) {
        case Change.Created(var child) -> {
          needs.job(id.root());
          if (child.granted().isPresent()) {
            needs.accounts(child.id());
          }
        }
        case Change.Completed ignored -> {
          needs.target(id);
          id.parent().ifPresent(needs::job);
        }
        case Change.Ended ignored -> {
          needs.account(id);
          needs.target(id);
          needs.waiter(id);
          id.parent().ifPresent(needs::job);
        }
        case Change.Attached(var child, var ignored) -> needs.job(child);
        case Change.Reserved ignored -> needs.accounts(id);
        case Change.LastCall ignored -> needs.accounts(id);
        case Change.Spent ignored -> needs.accounts(id);
        case Change.Told(var below, var ignored, var revives) -> needs.job(below);
        default -> {}
      }
    }
    if (step.next() instanceof Step.Next.Await(var on)) {
      needs.waiter(id);
      // The end of a handler is not to slip through between the look at it and the wait.
      on.handlers().forEach(needs::tree);
    }
  }

  @Override
  public long bytes() {
    return step.changes().stream().mapToLong(StepCommit::bytes).sum();
  }

  @Override
  public Receipt apply(Transaction transaction) throws SQLException, Collision {
    var held = held(transaction);
    boolean hasEnded = held.number(JobRow.TOLD) > 0;
    move(transaction, held);
    var told = new ArrayList<Long>();
    for (var part : parts) {
      part.apply(transaction, transaction.job(id), told); // whose row a part may have had forgotten
    }
    var job = transaction.job(id);
    boolean leased = comesTo(step.next(), transaction, job);
    var fell = transaction.endUnit();
    var ended = hasEnded || job.number(JobRow.TOLD) == 0 ? null : job;
    var taken = take(transaction, fell, ended);
    boolean isDue =
        taken.size() < fell.size()
            || isDueLater(leased)
            || isAnyStopped()
            || (!leased && transaction.hasLimits());
    return new Receipt(step.version() + 1, leased, told, taken, isDue);
  }

  /// What becomes of the lease; whether the worker keeps it.
  private boolean comesTo(Step.Next next, Transaction transaction, JobRow job)
      throws SQLException, Collision {
    return switch (next) {
      case Step.Next.Continue ignored -> true;
      case Step.Next.Yield ignored -> false;
      case Step.Next.Await(var on) -> {
        int needed = Waits.begin(transaction, id, on);
        var until = on.until() == null ? null : roundedUp(on.until());
        boolean over =
            needed <= 0
                || (until != null && until <= transaction.now())
                || (on.heedsMessages() && job.number(JobRow.SAID) > step.progress().heard());
        if (!over) {
          Waits.requireNoCycle(transaction, id, on, needed);
          suspend(transaction, job, needed, until, on.heedsMessages());
          keepForLastCall(transaction, job);
        }
        yield over;
      }
      case Step.Next.End ignored -> {
        Waits.end(transaction, id);
        if (id.parent().isPresent()) {
          Places.leave(transaction, id.parent().get());
        } else {
          transaction.news(); // whoever submitted it may wait for it in another process
        }
        if (job.is(JobRow.HEARS)) {
          Signals.reviveForNews(transaction, job, step.progress().heard());
        }
        yield false;
      }
    };
  }

  /// Takes what fell due, as a claim would that comes right after: places were taken before.
  private List<Claim> take(Transaction transaction, List<JobRow> fell, @Nullable JobRow ended)
      throws SQLException {
    var taking = step.taking();
    if (taking.most() == 0 || fell.isEmpty() || transaction.hasLimits()) {
      return List.of();
    }
    var bare = bareChildren();
    var child = ended == null ? null : ended.record();
    var claims = new ArrayList<Claim>();
    for (var job : fell.subList(0, Math.min(fell.size(), taking.most()))) {
      boolean isBare = bare.contains(job.id()) && transaction.isNew(job.id());
      claims.add(
          Claiming.handOut(
              transaction, job, step.lease().worker(), process, taking.lease(), isBare, child));
    }
    return claims;
  }

  private Set<JobId> bareChildren() {
    return step.changes().stream()
        .flatMap(
            change ->
                change instanceof Change.Created(var child) && child.workspace() == null
                    ? Stream.of(child.id())
                    : Stream.of())
        .collect(Collectors.toSet());
  }

  private boolean isDueLater(boolean leased) {
    return switch (step.next()) {
      case Step.Next.Continue ignored -> false;
      case Step.Next.Yield ignored -> true;
      case Step.Next.Await(var on) -> !leased && on.until() != null;
      case Step.Next.End ignored -> false;
    };
  }

  private boolean isAnyStopped() {
    return step.changes().stream().anyMatch(Change.Stopped.class::isInstance);
  }

  /// The job, if the lease and the version are still its own, and it is not to end or does so now.
  ///
  /// Of two steps for one version only one is applied: the first raises the version, and nobody
  /// else changes the row from here to the end of the transaction. A worker that lost its lease
  /// finds another fence, or no worker where the lease was handed back.
  private JobRow held(Transaction transaction) throws SQLException {
    var job = transaction.find(id);
    boolean isHeld =
        job.isPresent()
            && job.get().number(JobRow.FENCE) == step.lease().fence()
            && job.get().number(JobRow.VERSION) == step.version()
            && !job.get().isNull(JobRow.WORKER);
    if (!isHeld) {
      throw new StaleLeaseException(step.lease());
    }
    if (!isStopped && !job.get().isNull(JobRow.STOP)) {
      throw new StoppedException(id, Stops.of(transaction, job.get()));
    }
    return job.get();
  }

  /// Who keeps the lease leaves `due` alone; a job that is about to wait keeps its status until it
  /// is known that it must.
  private void move(Transaction transaction, JobRow job) {
    var progress = step.progress();
    var row =
        transaction
            .change(job)
            .add(JobRow.VERSION, 1)
            .set(JobRow.TURN, progress.turn())
            .set(JobRow.ACTING, progress.acting())
            .set(JobRow.STATEMENT, progress.statement())
            .set(JobRow.PRINTED, progress.printed())
            .set(JobRow.CHILDREN, progress.created())
            .set(JobRow.HEARD, progress.heard());
    switch (step.next()) {
      case Step.Next.Continue ignored -> row.set(JobRow.STATUS, step.status().name());
      case Step.Next.Await ignored -> {}
      case Step.Next.Yield(var at) -> handBack(row, roundedUp(at));
      case Step.Next.End ignored -> handBack(row, null);
    }
  }

  private void handBack(Row row, @Nullable Long due) {
    row.set(JobRow.STATUS, step.status().name())
        .set(JobRow.WORKER, null)
        .set(JobRow.PROCESS, null)
        .set(JobRow.DUE, due)
        .set(JobRow.PLACE, null);
  }

  private void suspend(
      Transaction transaction, JobRow job, int needed, @Nullable Long until, boolean heeds) {
    handBack(transaction.change(job), until);
    transaction.change(job).set(JobRow.NEEDED, needed).set(JobRow.HEEDS, heeds);
  }

  private Part prepare(Change change) {
    return switch (change) {
      case Change.Recorded recorded -> {
        var line = History.Line.of(recorded);
        yield (transaction, job, told) -> History.append(transaction, id, line);
      }
      case Change.Created(var child) -> created(child);
      case Change.Attached(var child, var subtaskId) -> attached(child, subtaskId);
      case Change.Journalled(var effect) -> {
        var line = Effects.line(id, effect);
        yield (transaction, job, told) -> line.write(transaction);
      }
      case Change.Checkpointed(var delta) -> {
        var workspace = WorkspaceChange.of(delta);
        yield (transaction, job, told) -> workspace.apply(transaction, id);
      }
      case Change.Completed(var completion) -> completed(completion);
      case Change.Ended(var last) -> ended(last);
      case Change.ObjectChanged(var object) -> {
        var written = DurableObjects.Written.of(object);
        yield (transaction, job, told) -> written.apply(transaction);
      }
      case Change.Given(var children) -> (transaction, job, told) -> given(transaction, children);
      case Change.Retrieved(var memory, var cards) ->
          (transaction, job, told) -> Memories.retrieved(transaction, memory, cards);
      case Change.Stopped stopped -> stopped(stopped);
      case Change.Told told -> told(told);
      case Change.Reserved(var call, var last) ->
          (transaction, job, told) -> reserve(transaction, job, call, last);
      case Change.LastCall ignored -> (transaction, job, told) -> lastCall(transaction, job);
      case Change.Spent(var usage) -> (transaction, job, told) -> spend(transaction, job, usage);
    };
  }

  private Part created(NewJob child) {
    requireChild(child.id());
    var creation =
        Creation.of(child, definitions.computeIfAbsent(child.definition(), StoredDefinition::of));
    return (transaction, job, told) -> {
      if (!creation.insert(transaction)) {
        requireSame(transaction, child);
      }
    };
  }

  private static void requireSame(Transaction transaction, NewJob child) throws SQLException {
    if (!child.digest().equals(transaction.job(child.id()).text(JobRow.DIGEST))) {
      throw new DuplicateJobException(child.id());
    }
  }

  private Part attached(JobId child, Json subtaskId) {
    requireChild(child);
    return (transaction, job, told) -> Handlers.attach(transaction, child, subtaskId);
  }

  private void requireChild(JobId child) {
    if (!child.parent().equals(Optional.of(id))) {
      throw new IllegalArgumentException("Job " + child + " is no child of " + id);
    }
  }

  private Part completed(Completion completion) {
    var form = StoredForm.write(completion).print();
    int turn = step.progress().turn();
    return (transaction, job, told) -> {
      if (job.hasOpenHandler()) {
        var line = History.Line.of(Bookkeeping.completed(turn, job.subtaskId(), completion));
        Handlers.end(transaction, job, form, line);
      }
    };
  }

  private Part ended(Outcome last) {
    int turn = step.progress().turn();
    var line = History.Line.of(Bookkeeping.ended(turn, last));
    return (transaction, job, told) -> {
      transaction
          .change(job)
          .set(JobRow.OUTCOME, outcome); // not before: it may be revived from here on
      History.append(transaction, id, line);
      Accounts.end(transaction, id, job.reserved());
      setAside(transaction, job, Budget.NONE, null);
      if (job.hasOpenHandler()) {
        Handlers.endUncompleted(transaction, job, turn, last);
      }
    };
  }

  private Part stopped(Change.Stopped stopped) {
    if (!stopped.job().isWithin(id)) {
      throw new IllegalArgumentException("Job " + stopped.job() + " is not within " + id);
    }
    return (transaction, job, told) ->
        Stops.stop(transaction, stopped.job(), stopped.outcome(), stopped.grace());
  }

  private Part told(Change.Told message) {
    if (message.job().equals(id) || !message.job().isWithin(id)) {
      throw new IllegalArgumentException("Job " + message.job() + " is not below " + id);
    }
    return (transaction, job, told) ->
        told.add(Signals.say(transaction, message.job(), message.message(), message.revives()));
  }

  private static void given(Transaction transaction, List<JobId> children)
      throws SQLException, Collision {
    var others = new ArrayList<String>();
    for (var child : children) {
      if (transaction.has(child)) {
        transaction.change(transaction.job(child)).set(JobRow.GIVEN, true);
      } else {
        others.add(child.text());
      }
    }
    if (!others.isEmpty()) {
      transaction
          .direct(
              "update job set given = 1 where given = 0 and " + transaction.database().oneOf("id"))
          .bind(others)
          .update();
    }
  }

  private void reserve(Transaction transaction, JobRow job, Budget call, Budget last)
      throws SQLException {
    var both = call.plus(last);
    var ledger = Accounts.ledger(transaction, id);
    ledger.reserve(job.reserved(), both);
    Accounts.keep(transaction, ledger);
    setAside(transaction, job, both, last);
  }

  private void lastCall(Transaction transaction, JobRow job) throws SQLException {
    if (job.last() == null) {
      throw new BudgetExhaustedException("nothing is set aside for a last call of job " + id);
    }
    Accounts.ledger(transaction, id).requireNotOverdrawn();
    setAside(transaction, job, job.reserved(), null);
  }

  private static void setAside(
      Transaction transaction, JobRow job, Budget reserved, @Nullable Budget last) {
    transaction
        .change(job)
        .set(JobRow.RESERVED_TOKENS, reserved.tokens())
        .set(JobRow.RESERVED_MICRO_USD, reserved.microUsd())
        .set(JobRow.LAST_TOKENS, last == null ? null : (Object) last.tokens())
        .set(JobRow.LAST_MICRO_USD, last == null ? null : (Object) last.microUsd());
  }

  /// What is set aside is for a last call only.
  private void keepForLastCall(Transaction transaction, JobRow job) throws SQLException {
    if (job.reserved().equals(job.forLastCall())) {
      return;
    }
    var ledger = Accounts.ledger(transaction, id);
    ledger.setAside(job.reserved(), job.forLastCall());
    Accounts.keep(transaction, ledger);
    setAside(transaction, job, job.forLastCall(), job.last());
  }

  private void spend(Transaction transaction, JobRow job, Usage usage) throws SQLException {
    var kept = job.forLastCall();
    var ledger = Accounts.ledger(transaction, id);
    ledger.setAside(job.reserved(), kept);
    ledger.spend(Budget.of(usage));
    Accounts.keep(transaction, ledger);
    setAside(transaction, job, kept, job.last());
    transaction
        .change(job)
        .add(JobRow.CALLS, usage.calls())
        .add(JobRow.INPUT_TOKENS, usage.inputTokens())
        .add(JobRow.OUTPUT_TOKENS, usage.outputTokens())
        .add(JobRow.MICRO_USD, usage.microUsd());
  }

  /// The store knows milliseconds; a job must not fall due before the moment it asked for.
  private static long roundedUp(Instant at) {
    long millis = at.toEpochMilli();
    return Instant.ofEpochMilli(millis).equals(at) ? millis : millis + 1;
  }
}
