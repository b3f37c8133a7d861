package dev.errand.testkit;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingLong;

import dev.errand.job.Blob;
import dev.errand.job.Budget;
import dev.errand.job.BudgetExhaustedException;
import dev.errand.job.Callback;
import dev.errand.job.Completion;
import dev.errand.job.Delta;
import dev.errand.job.DuplicateJobException;
import dev.errand.job.DuplicateSubTaskException;
import dev.errand.job.DurableObject;
import dev.errand.job.Effect;
import dev.errand.job.EffectKey;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.Finding;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobEffect;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Lease;
import dev.errand.job.Limits;
import dev.errand.job.NewJob;
import dev.errand.job.ObjectConflictException;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.Quota;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.StaleLeaseException;
import dev.errand.job.Stop;
import dev.errand.job.StoppedException;
import dev.errand.job.Subtask;
import dev.errand.job.UnknownJobException;
import dev.errand.job.UnknownTurnException;
import dev.errand.job.UnresolvableException;
import dev.errand.job.Usage;
import dev.errand.job.Value;
import dev.errand.job.Wait;
import dev.errand.job.WaitCycleException;
import dev.errand.spi.Bookkeeping;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Ledger;
import dev.errand.spi.Pace;
import dev.errand.spi.Receipt;
import dev.errand.spi.Step;
import dev.errand.spi.Store;
import dev.errand.spi.Turns;
import dev.errand.spi.WaitGraph;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Everything a [MemoryStore] holds, and what each call does to it.
///
/// A call may throw half-way: the store works on a copy and drops it then.
final class MemoryState {
  /// In the order of creation.
  final Map<JobId, Row> rows;

  final Map<String, JobDefinition> definitions;
  final Map<EffectKey, JobEffect> effects;
  final NavigableMap<String, DurableObject> objects;
  private final Map<String, Blob> chunks;
  private final Map<JobId, List<Entry>> entriesByRoot;

  /// Children whose outcomes were given to their parents.
  private final Set<JobId> given;

  final List<Stop> stops;

  private final MemoryPlaces places;
  private final Turns turns;

  /// Limits by their names, and how the rates among them stand.
  final NavigableMap<String, Quota> quotas;

  private final Map<String, Pace> paces;
  final MemoryAccounts accounts;
  final MemoryCards cards;

  /// What of the amounts set aside for jobs is for last calls of their models.
  private final Map<JobId, Budget> lastCalls;

  /// The messages that the step under way has let arrive.
  private final List<Long> told = new ArrayList<>();

  /// The jobs that fell due by the step that is being applied, in the order in which they did.
  private final List<JobId> fell = new ArrayList<>();

  MemoryState() {
    rows = new LinkedHashMap<>();
    definitions = new HashMap<>();
    effects = new HashMap<>();
    objects = new TreeMap<>();
    chunks = new HashMap<>();
    entriesByRoot = new HashMap<>();
    given = new HashSet<>();
    stops = new ArrayList<>();
    places = new MemoryPlaces();
    turns = new Turns();
    quotas = new TreeMap<>();
    paces = new HashMap<>();
    accounts = new MemoryAccounts();
    cards = new MemoryCards();
    lastCalls = new HashMap<>();
  }

  MemoryState(MemoryState other) {
    rows = new LinkedHashMap<>(other.rows);
    definitions = new HashMap<>(other.definitions);
    effects = new HashMap<>(other.effects);
    objects = new TreeMap<>(other.objects);
    chunks = new HashMap<>(other.chunks);
    entriesByRoot = new HashMap<>(other.entriesByRoot);
    given = new HashSet<>(other.given);
    stops = new ArrayList<>(other.stops);
    places = new MemoryPlaces(other.places);
    turns = new Turns(other.turns);
    quotas = new TreeMap<>(other.quotas);
    paces = new HashMap<>(other.paces);
    accounts = new MemoryAccounts(other.accounts);
    cards = new MemoryCards(other.cards);
    lastCalls = new HashMap<>(other.lastCalls);
  }

  /// A job with what only the store knows of it.
  ///
  /// @param worker who holds the lease; null while nobody does
  /// @param due when the job may be claimed: the lease's end while it is held; null while it may
  ///   not
  /// @param place where it stands in the queue of its agent; null while it is not due, or nobody
  ///   has looked since it is
  /// @param awaits what it waits for; null while it does not
  /// @param stop why it is to end; null while it may go on
  record Row(
      JobRecord job,
      long version,
      long fence,
      @Nullable String worker,
      @Nullable Instant due,
      @Nullable Long place,
      @Nullable Wait awaits,
      @Nullable Stop stop,
      MemoryWorkspace workspace) {
    Row with(JobRecord changed) {
      return new Row(changed, version, fence, worker, due, place, awaits, stop, workspace);
    }

    Row with(MemoryWorkspace changed) {
      return new Row(job, version, fence, worker, due, place, awaits, stop, changed);
    }

    Row stepped() {
      return new Row(job, version + 1, fence, worker, due, place, awaits, stop, workspace);
    }

    Row leased(String holder, Instant until) {
      return new Row(job, version, fence + 1, holder, until, null, null, stop, workspace);
    }

    Row until(@Nullable Instant end) {
      return new Row(job, version, fence, worker, end, null, awaits, stop, workspace);
    }

    Row at(@Nullable Long taken) {
      return new Row(job, version, fence, worker, due, taken, awaits, stop, workspace);
    }

    Row released(@Nullable Instant at, @Nullable Wait on) {
      return new Row(job, version, fence, null, at, null, on, stop, workspace);
    }

    Row stopped(@Nullable Stop why) {
      return new Row(job, version, fence, worker, due, place, awaits, why, workspace);
    }

    /// Whether it is handed out to whoever asks.
    boolean isDue(Instant now) {
      return stop == null && due != null && !due.isAfter(now);
    }

    /// Whether somebody holds it under a lease that still runs.
    boolean isLive(Instant now) {
      return worker != null && due != null && due.isAfter(now);
    }

    /// Whether it is to end, and whoever holds it has had its time.
    boolean isOver(Instant now) {
      return stop != null
          && job.status() != JobStatus.DONE
          && (worker == null || !stop.until().isAfter(now) || (due != null && !due.isAfter(now)));
    }

    boolean isHeldBy(Lease lease) {
      return worker != null && fence == lease.fence();
    }
  }

  JobId submit(NewJob job, Instant now) {
    if (job.id().parent().isPresent()) {
      throw new IllegalArgumentException("Job " + job.id() + " is no root; its parent creates it");
    }
    var known = job.key() == null ? Optional.<JobRecord>empty() : rootByKey(job.key());
    if (known.isPresent()) {
      return known.get().id();
    }
    if (rows.containsKey(job.id())) {
      throw new DuplicateJobException(job.id());
    }
    insert(job, now);
    return job.id();
  }

  List<Claim> claim(String worker, int limit, Instant until, Instant now) {
    if (limit == 0) {
      return List.of();
    }
    takePlaces(now);
    var queues = queues(now);
    var inTurn = inTurn();
    var claims = new ArrayList<Claim>();
    var left = left(now);
    queues.removeIf(queue -> isFull(left, queue(queue).agent()));
    while (claims.size() < limit && !queues.isEmpty()) {
      var first = queues.stream().min(inTurn).orElseThrow();
      var row = first.removeFirst();
      claims.add(claim(row, worker, until));
      left.replaceAll((quota, many) -> covers(quota, row) ? many - 1 : many);
      queues.removeIf(queue -> queue.isEmpty() || isFull(left, queue(queue).agent()));
    }
    return claims;
  }

  /// How many jobs more each limit lets be live.
  private Map<Quota.Jobs, Integer> left(Instant now) {
    var left = new HashMap<Quota.Jobs, Integer>();
    for (var quota : quotas.values()) {
      if (quota instanceof Quota.Jobs jobs) {
        var live = rows.values().stream().filter(row -> row.isLive(now) && covers(jobs, row));
        left.put(jobs, jobs.most() - (int) live.count());
      }
    }
    return left;
  }

  private static boolean covers(Quota.Jobs quota, Row row) {
    return quota.covers(row.job().origin().agent());
  }

  private static boolean isFull(Map<Quota.Jobs, Integer> left, String agent) {
    return left.entrySet().stream()
        .anyMatch(quota -> quota.getKey().covers(agent) && quota.getValue() <= 0);
  }

  /// Whether a limit that lets no job go on holds back one that is due.
  boolean isShut(Row row, Instant now) {
    return row.isDue(now)
        && quotas.values().stream()
            .anyMatch(
                quota -> quota instanceof Quota.Jobs jobs && jobs.most() == 0 && covers(jobs, row));
  }

  void limit(Quota quota) {
    if (!quota.equals(quotas.put(quota.name(), quota))) {
      paces.remove(quota.name());
    }
  }

  boolean lift(String name) {
    paces.remove(name);
    return quotas.remove(name) != null;
  }

  Optional<Instant> call(String model, Instant now) {
    var concerned =
        quotas.values().stream()
            .filter(Quota.Calls.class::isInstance)
            .map(Quota.Calls.class::cast)
            .filter(quota -> quota.covers(model))
            .map(quota -> paces.getOrDefault(quota.name(), Pace.of(quota)))
            .toList();
    var asked = Pace.ask(concerned, now);
    asked.paces().forEach(pace -> paces.put(pace.quota().name(), pace));
    return Optional.ofNullable(asked.again());
  }

  /// Jobs that fell due by the passing of time take their places.
  private void takePlaces(Instant now) {
    rows.values().stream()
        .filter(row -> row.isDue(now) && row.place() == null)
        .sorted(comparing(row -> Objects.requireNonNull(row.due())))
        .forEach(row -> put(row.at(turns.take(row.job()))));
  }

  /// The due jobs of each priority and agent, as they stand.
  private List<Deque<Row>> queues(Instant now) {
    var queues = new LinkedHashMap<Turns.Queue, Deque<Row>>();
    rows.values().stream()
        .filter(row -> row.isDue(now))
        .sorted(
            comparing((Row row) -> Objects.requireNonNull(row.place()))
                .thenComparing(row -> Objects.requireNonNull(row.due())))
        .forEach(
            row ->
                queues
                    .computeIfAbsent(Turns.Queue.of(row.job()), ignored -> new ArrayDeque<>())
                    .add(row));
    return new ArrayList<>(queues.values());
  }

  /// The queue of which a job is handed out next comes first.
  private Comparator<Deque<Row>> inTurn() {
    var created = new HashMap<JobId, Integer>();
    rows.keySet().forEach(id -> created.put(id, created.size()));
    return comparingLong((Deque<Row> queue) -> -(long) queue(queue).priority())
        .thenComparingLong(queue -> turns.lastTurn(queue(queue)))
        .thenComparing(queue -> Objects.requireNonNull(queue.getFirst().due()))
        .thenComparing(queue -> Objects.requireNonNull(created.get(queue.getFirst().job().id())));
  }

  private static Turns.Queue queue(Deque<Row> queue) {
    return Turns.Queue.of(queue.getFirst().job());
  }

  private Claim claim(Row due, String worker, Instant until) {
    turns.handOut(Turns.Queue.of(due.job()), Objects.requireNonNull(due.place()));
    var row = due.leased(worker, until);
    put(row);
    return new Claim(
        new Lease(row.job().id(), worker, row.fence(), until), row.job(), row.version());
  }

  Optional<Lease> renew(Lease held, Instant until) {
    var row = rows.get(held.job());
    if (row == null || !row.isHeldBy(held)) {
      return Optional.empty();
    }
    put(row.until(until));
    return Optional.of(new Lease(held.job(), held.worker(), held.fence(), until));
  }

  Receipt commit(Step step, Instant now) {
    var id = step.lease().job();
    var before = rows.get(id);
    if (before == null || !before.isHeldBy(step.lease()) || before.version() != step.version()) {
      throw new StaleLeaseException(step.lease());
    }
    if (before.stop() != null && !endsFromOutside(step)) {
      throw new StoppedException(id, before.stop());
    }
    told.clear();
    fell.clear();
    put(
        before
            .stepped()
            .with(JobDraft.of(before.job()).moved(step.status(), step.progress()).record()));
    step.changes().forEach(change -> apply(change, id, now));
    boolean leased = comesTo(step.next(), before, now);
    fell.removeIf(job -> row(job).place() == null || !row(job).isDue(now));
    var ended = told(before.job()) > 0 || told(job(id)) == 0 ? null : job(id);
    var taken = take(step, ended, now);
    boolean isDue =
        taken.size() < fell.size()
            || isDueLater(step.next(), leased)
            || step.changes().stream().anyMatch(Change.Stopped.class::isInstance)
            || (!leased && hasLimits());
    return new Receipt(before.version() + 1, leased, told, taken, isDue);
  }

  /// What becomes of the lease; whether the worker keeps it.
  private boolean comesTo(Step.Next next, Row before, Instant now) {
    var id = before.job().id();
    if (next instanceof Step.Next.Await(var on)) {
      admitAwaited(id, on, now);
    }
    switch (next) {
      case Step.Next.Continue() -> {
        return true;
      }
      case Step.Next.Yield(var at) -> {
        release(row(id), roundedUp(at), null, now);
        fell.remove(id); // it is for others
      }
      case Step.Next.End() -> {
        release(row(id), null, null, now);
        leave(id, now);
        reviveForNews(id, now);
      }
      case Step.Next.Await(var on) when isSatisfied(on) || isOver(on, now) || isHeeded(on, id) -> {
        var after = row(id).job();
        put(
            row(id)
                .with(JobDraft.of(after).moved(before.job().status(), after.progress()).record()));
        return true;
      }
      case Step.Next.Await(var on) -> {
        requireNoCycle(id, on);
        keepForLastCall(id);
        var until = on.until();
        release(row(id), until == null ? null : roundedUp(until), on, now);
      }
    }
    return false;
  }

  /// What fell due goes to the step's worker, as far as it takes it.
  private List<Claim> take(Step step, @Nullable JobRecord ended, Instant now) {
    if (hasLimits()) {
      return List.of();
    }
    var until = now.plusMillis(step.taking().lease().toMillis());
    var bare =
        step.changes().stream()
            .filter(Change.Created.class::isInstance)
            .map(change -> ((Change.Created) change).job())
            .filter(child -> child.workspace() == null)
            .map(NewJob::id)
            .toList();
    return fell.stream()
        .limit(step.taking().most())
        .map(
            job -> {
              boolean isNew = row(job).version() == 0 && row(job).fence() == 0;
              var claim = claim(row(job), step.lease().worker(), until);
              return new Claim(
                  claim.lease(), claim.job(), claim.version(), isNew && bare.contains(job), ended);
            })
        .toList();
  }

  private boolean hasLimits() {
    return quotas.values().stream().anyMatch(Quota.Jobs.class::isInstance);
  }

  private static boolean isDueLater(Step.Next next, boolean leased) {
    return next instanceof Step.Next.Yield
        || (next instanceof Step.Next.Await(var on) && !leased && on.until() != null);
  }

  private Limits limits(JobId id) {
    return Objects.requireNonNull(definitions.get(row(id).job().definition())).agent().limits();
  }

  private void leave(JobId id, Instant now) {
    if (id.parent().isPresent()) {
      var parent = id.parent().get();
      places
          .leave(parent, limits(parent), queued -> next(parent, queued))
          .ifPresent(child -> fallDue(row(child).until(now), now));
    }
  }

  /// A job for which another than its parent waits does not wait for a place.
  private void admitAwaited(JobId waiter, Wait on, Instant now) {
    for (var id : on.handlers()) {
      var parent = id.parent();
      if (parent.isPresent()
          && !parent.get().equals(waiter)
          && rows.containsKey(id)
          && row(id).stop() == null
          && places.admit(id, parent.get())) {
        fallDue(row(id).until(now), now);
      }
    }
  }

  private Optional<JobId> next(JobId parent, Set<JobId> queued) {
    return queued.stream()
        .filter(id -> id.parent().equals(Optional.of(parent)) && row(id).stop() == null)
        .min(Comparator.comparingInt(JobId::ordinal));
  }

  private static boolean endsFromOutside(Step step) {
    return step.changes().stream()
        .anyMatch(change -> change instanceof Change.Ended(var outcome) && outcome.isFromOutside());
  }

  private void release(Row row, @Nullable Instant due, @Nullable Wait wait, Instant now) {
    // Revived by a change of this very step, the job is due already.
    if (row.worker() != null || wait != null) {
      fallDue(row.released(due, wait), now);
    }
  }

  private void apply(Change change, JobId id, Instant now) {
    var job = row(id).job();
    switch (change) {
      case Change.Recorded recorded -> append(id, recorded, now);
      case Change.Created(var child) -> create(id, child, now);
      case Change.Attached(var child, var subtaskId) -> attach(id, child, subtaskId, now);
      case Change.Journalled(var effect) -> journal(id, effect, now);
      case Change.Checkpointed(var delta) -> checkpoint(id, delta);
      case Change.ObjectChanged(var object) -> change(object);
      case Change.Given(var children) ->
          children.stream().filter(rows::containsKey).forEach(given::add);
      case Change.Retrieved(var memory, var ids) -> cards.retrieved(memory, ids, now);
      case Change.Stopped(var top, var outcome, var grace) -> {
        if (!top.isWithin(id)) {
          throw new IllegalArgumentException("Job " + top + " is not within " + id);
        }
        stop(top, outcome, grace, now);
      }
      case Change.Told(var to, var message, var revives) -> {
        if (to.equals(id) || !to.isWithin(id)) {
          throw new IllegalArgumentException("Job " + to + " is not below " + id);
        }
        told.add(signal(to, message, revives, now));
      }
      case Change.Reserved(var call, var last) -> {
        var both = call.plus(last);
        accounts.with(id, ledger -> ledger.reserve(job.reserved(), both));
        setAside(id, both, last);
      }
      case Change.LastCall() -> {
        if (!lastCalls.containsKey(id)) {
          throw new BudgetExhaustedException("nothing is set aside for a last call of job " + id);
        }
        accounts.with(id, Ledger::requireNotOverdrawn);
        setAside(id, job.reserved(), null);
      }
      case Change.Spent(var usage) -> {
        keepForLastCall(id);
        accounts.with(id, ledger -> ledger.spend(Budget.of(usage)));
        put(row(id).with(JobDraft.of(row(id).job()).spent(usage).record()));
      }
      case Change.Completed(var completion) -> completeHandler(id, completion, now);
      case Change.Ended(var outcome) -> end(id, outcome, now);
    }
  }

  private void journal(JobId id, Effect effect, Instant now) {
    var key = new EffectKey(id, effect.slot());
    var known = effects.get(key);
    effects.put(key, new JobEffect(key, effect, known == null ? now : known.since()));
  }

  void resolve(EffectKey key, Finding finding, Instant now) {
    var known = effects.get(key);
    if (known == null || known.effect().policy() == EffectPolicy.READ_ONLY) {
      throw UnresolvableException.missing(key);
    }
    var effect = known.effect();
    if (!effect.isUnknown()) {
      throw UnresolvableException.settled(key);
    }
    var row = row(key.job());
    boolean isHeld = row.worker() != null && Objects.requireNonNull(row.due()).isAfter(now);
    if (isHeld && effect.result() instanceof Effect.Result.Intended) {
      throw UnresolvableException.underWay(key);
    }
    effects.remove(key);
    effect.resolved(finding).ifPresent(left -> journal(key.job(), left, known.since()));
    int turn = row.job().progress().turn();
    append(key.job(), Bookkeeping.resolved(turn, key, effect, finding), now);
  }

  private void completeHandler(JobId id, Completion completion, Instant now) {
    var job = row(id).job();
    var handler = job.subtask();
    if (handler != null && handler.completion() == null) {
      var entry = Bookkeeping.completed(job.progress().turn(), handler.id(), completion);
      endHandler(id, handler.id(), completion, entry, now);
    }
  }

  private void create(JobId parent, NewJob child, Instant now) {
    if (!child.id().parent().equals(Optional.of(parent))) {
      throw new IllegalArgumentException("Job " + child.id() + " is no child of " + parent);
    }
    var known = rows.get(child.id());
    if (known == null) {
      if (child.subtask() != null) {
        requireUnusedId(parent, child.subtask().id());
      }
      insert(child, now);
    } else if (!known.job().origin().digest().equals(child.digest())) {
      throw new DuplicateJobException(child.id());
    }
  }

  private void insert(NewJob job, Instant now) {
    var definition = job.definition().address();
    definitions.putIfAbsent(definition, job.definition());
    var agent = job.definition().agent().name();
    var record =
        new JobRecord(
            job.id(),
            new JobRecord.Origin(
                job.key(), job.digest(), agent, now, deadline(job, now), priority(job)),
            definition,
            JobStatus.READY,
            Progress.START,
            job.subtask() == null ? null : Subtask.open(job.subtask().id()),
            null,
            Usage.NONE,
            Budget.NONE);
    var due = job.definition().isCallback() ? null : now;
    put(new Row(record, 0, 0, null, due, null, null, null, MemoryWorkspace.EMPTY));
    if (job.workspace() != null) {
      checkpoint(job.id(), job.workspace());
    }
    if (job.subtask() != null && job.subtask().isFuture()) {
      given.add(job.id());
    }
    Bookkeeping.begun(job).forEach(entry -> append(job.id(), entry, now));
    var above = job.id().parent();
    if (above.isPresent() && job.subtask() != null && job.subtask().isAttempt()) {
      repeat(above.get(), job.id(), now);
    }
    if (above.isEmpty()) {
      accounts.open(job.id(), job.granted().orElseThrow());
    } else if (!job.definition().isCallback()) {
      place(job, above.get(), now);
    }
    fallDue(row(job.id()), now);
  }

  /// Has a job take its place if it is due and has none.
  private void fallDue(Row row, Instant now) {
    boolean takes = row.isDue(now) && row.place() == null;
    put(takes ? row.at(turns.take(row.job())) : row);
    if (takes) {
      fell.remove(row.job().id());
      fell.add(row.job().id());
    }
  }

  /// Has a new attempt told of all that was said to the job which supervises it.
  private void repeat(JobId supervisor, JobId attempt, Instant now) {
    messages(supervisor, 0)
        .toList()
        .forEach(
            entry -> append(attempt, new Change.Recorded(0, Entry.Kind.SIGNAL, entry.data()), now));
  }

  private void place(NewJob job, JobId parent, Instant now) {
    var id = job.id();
    var refused = refusal(job, parent);
    if (refused.isPresent()) {
      put(row(id).released(null, null));
      put(row(id).with(JobDraft.of(job(id)).moved(JobStatus.DONE, Progress.START).record()));
      end(id, refused.get(), now);
    } else if (!places.take(id, parent, limits(parent))) {
      put(row(id).released(null, null));
    }
  }

  private Optional<Outcome> refusal(NewJob job, JobId parent) {
    var id = job.id();
    if (!places.count(id.root(), limits(id.root()))) {
      return Optional.of(Bookkeeping.oneTooMany(id.root()));
    }
    try {
      job.granted().ifPresent(share -> accounts.with(parent, ledger -> ledger.share(id, share)));
      return Optional.empty();
    } catch (BudgetExhaustedException tooLittle) {
      return Optional.of(new Outcome.BudgetExhausted(String.valueOf(tooLittle.getMessage())));
    }
  }

  private void setAside(JobId id, Budget reserved, @Nullable Budget last) {
    if (last == null) {
      lastCalls.remove(id);
    } else {
      lastCalls.put(id, last);
    }
    put(row(id).with(JobDraft.of(job(id)).reserved(reserved).record()));
  }

  /// What is set aside is for a last call only.
  private void keepForLastCall(JobId id) {
    var last = lastCalls.get(id);
    var kept = last == null ? Budget.NONE : last;
    accounts.with(id, ledger -> ledger.setAside(job(id).reserved(), kept));
    setAside(id, kept, last);
  }

  void grant(JobId id, Budget more) {
    known(id);
    accounts.with(id, ledger -> ledger.grant(more));
  }

  private int priority(NewJob job) {
    var own = job.priority();
    var above = job.id().parent();
    return own == null && above.isPresent()
        ? job(above.get()).origin().priority()
        : Objects.requireNonNullElse(own, 0);
  }

  private @Nullable Instant deadline(NewJob job, Instant now) {
    var own = now.plus(job.timeout());
    var parents = job.id().parent().map(parent -> row(parent).job().origin().deadline());
    return parents.filter(earlier -> earlier.isBefore(own)).orElse(own);
  }

  /// As long from now as it was at first.
  private static @Nullable Instant renewed(JobRecord.Origin origin, Instant now) {
    var deadline = origin.deadline();
    return deadline == null ? null : now.plus(Duration.between(origin.created(), deadline));
  }

  private void attach(JobId parent, JobId id, Json subtaskId, Instant now) {
    if (!id.parent().equals(Optional.of(parent))) {
      throw new IllegalArgumentException("Job " + id + " is no child of " + parent);
    }
    if (!rows.containsKey(id)) {
      throw new UnknownJobException(id.text());
    }
    var child = row(id).job();
    var before = child.subtask();
    if (before != null && before.id().equals(subtaskId)) {
      return;
    }
    if (before != null && !(before.id() instanceof Json.Null)) {
      throw new DuplicateSubTaskException(id, before.id());
    }
    requireUnusedId(parent, subtaskId);
    int turn = child.progress().turn();
    var handler = before == null ? Subtask.open(subtaskId) : before.called(subtaskId);
    put(row(id).with(JobDraft.of(child).handled(handler).record()));
    if (handler.isFuture()) {
      given.add(id);
    }
    if (before != null) {
      return;
    }
    append(id, Bookkeeping.spawned(turn, child.origin().agent(), subtaskId), now);
    var definition = Objects.requireNonNull(definitions.get(child.definition()));
    if (child.outcome() instanceof Outcome.Succeeded(var value)
        && definition.deliversReturnedValue()) {
      var result = new Completion.Result(value);
      endHandler(id, subtaskId, result, Bookkeeping.completed(turn, subtaskId, result), now);
    } else if (child.outcome() != null) {
      endUncompleted(id, turn, subtaskId, child.outcome(), now);
    }
  }

  private void end(JobId id, Outcome outcome, Instant now) {
    var job = row(id).job();
    int turn = job.progress().turn();
    if (accounts.has(id) || !job.reserved().equals(Budget.NONE)) {
      accounts.with(
          id,
          ledger -> {
            ledger.setAside(job.reserved(), Budget.NONE);
            ledger.close();
          });
    }
    lastCalls.remove(id);
    put(row(id).with(JobDraft.of(job).ended(outcome).reserved(Budget.NONE).record()));
    append(id, Bookkeeping.ended(turn, outcome), now);
    var handler = job.subtask();
    if (handler != null && handler.completion() == null) {
      endUncompleted(id, turn, handler.id(), outcome, now);
    }
  }

  private void endUncompleted(JobId id, int turn, Json subtaskId, Outcome outcome, Instant now) {
    var handler = Subtask.open(subtaskId);
    var entry = Bookkeeping.uncompleted(turn, handler, outcome);
    endHandler(id, subtaskId, handler.completedBy(outcome), entry, now);
  }

  private void endHandler(
      JobId id, Json subtaskId, Completion completion, Change.Recorded entry, Instant now) {
    long told = append(id, entry, now);
    put(
        row(id)
            .with(JobDraft.of(job(id)).handled(new Subtask(subtaskId, completion, told)).record()));
    for (var waiter : List.copyOf(rows.values())) {
      var awaited = waiter.awaits();
      if (awaited != null && awaited.handlers().contains(id) && isSatisfied(awaited)) {
        wake(waiter, now);
      }
    }
    if (!given.contains(id)) {
      id.parent().ifPresent(parent -> revive(parent, id, now));
    }
  }

  private void wake(Row suspended, Instant now) {
    var due = suspended.released(suspended.job().origin().created(), null);
    fallDue(due.at(suspended.place()), now);
  }

  /// Lets a job that is done go on before its next turn, where it may: for the end of a child, or
  /// for a message.
  private void revive(JobId id, @Nullable JobId child, Instant now) {
    var job = row(id).job();
    var outcome = job.outcome();
    if (job.status() != JobStatus.DONE
        || outcome == null
        || !hears(job)
        || !Bookkeeping.mayRevive(outcome, child == null)) {
      return;
    }
    var progress = job.progress().revived();
    var again = JobDraft.of(job).moved(JobStatus.STARTED, progress).ended(null);
    put(row(id).with(again.due(renewed(job.origin(), now)).record()).stopped(null));
    id.parent().ifPresent(places::again);
    append(id, Bookkeeping.revived(progress.turn(), child), now);
    fallDue(row(id).released(job.origin().created(), null), now);
  }

  /// Whether a model is there to be told what happens.
  private boolean hears(JobRecord job) {
    return Objects.requireNonNull(definitions.get(job.definition())).agent().model() != null;
  }

  private void reviveForNews(JobId id, Instant now) {
    long heard = row(id).job().progress().heard();
    if (messages(id, heard).findAny().isPresent()) {
      revive(id, null, now);
    } else {
      news(id, heard, 1).ended().forEach(child -> revive(id, child.id(), now));
    }
  }

  Store.News news(JobId id, long after, int limit) {
    var ended =
        children(id)
            .filter(child -> told(child) > Math.max(after, 0) && !given.contains(child.id()))
            .sorted(Comparator.comparingLong(MemoryState::told))
            .limit(limit)
            .toList();
    long last = ended.size() < limit ? Long.MAX_VALUE : told(ended.getLast());
    return new Store.News(
        ended,
        messages(id, after).filter(entry -> entry.sequence() < last).toList(),
        children(id)
            .filter(child -> child.status() != JobStatus.DONE)
            .flatMap(child -> Stream.concat(Stream.of(child), attempts(child)))
            .flatMap(child -> progress(child.id(), after, last).stream())
            .sorted(Comparator.comparingLong(Entry::sequence))
            .toList());
  }

  /// Attempts that it supervises and that have not ended.
  private Stream<JobRecord> attempts(JobRecord supervisor) {
    return children(supervisor.id())
        .filter(child -> child.subtask() != null && child.subtask().isAttempt())
        .filter(child -> child.status() != JobStatus.DONE);
  }

  private Optional<Entry> progress(JobId id, long after, long before) {
    return entries(id.root())
        .filter(entry -> entry.job().equals(id) && entry.kind() == Entry.Kind.PROGRESS)
        .filter(entry -> entry.sequence() > after && entry.sequence() < before)
        .reduce((earlier, later) -> later);
  }

  Optional<Wait> waiting(JobId id) {
    var row = rows.get(id);
    var awaited = row == null ? null : row.awaits();
    if (row == null || awaited == null) {
      return Optional.empty();
    }
    var open = awaited.handlers().stream().filter(handler -> !hasEnded(handler)).sorted().toList();
    int ended = awaited.handlers().size() - open.size();
    return Optional.of(
        new Wait(open, awaited.needed() - ended, row.due(), awaited.heedsMessages()));
  }

  /// Callbacks that nobody has answered, in the order of their ids.
  Stream<Callback> callbacks() {
    return jobs()
        .filter(job -> job.subtask() != null && told(job) == 0)
        .flatMap(
            job ->
                Objects.requireNonNull(job.subtask()).callback().stream()
                    .map(
                        name ->
                            new Callback(
                                job.id(),
                                name,
                                job.origin().created(),
                                job.subtask().isApproval())))
        .sorted(Comparator.comparing(Callback::id));
  }

  private Stream<Entry> messages(JobId id, long after) {
    return entries(id.root())
        .filter(entry -> entry.job().equals(id) && entry.kind() == Entry.Kind.SIGNAL)
        .filter(entry -> entry.sequence() > after);
  }

  long signal(JobId id, Json.Object message, boolean revives, Instant now) {
    var job = known(id).job();
    if (job.outcome() instanceof Outcome.Cancelled) {
      throw SignalRefusedException.cancelled(id);
    }
    if (stopOf(id).isPresent()) {
      throw SignalRefusedException.stopping(id);
    }
    if (job.status() == JobStatus.DONE && (!revives || message.get(Bookkeeping.STOP).isPresent())) {
      throw SignalRefusedException.done(id);
    }
    boolean isPassedOn = !hears(job) && isOfAttempts(job);
    if (!hears(job) && !isPassedOn) {
      throw SignalRefusedException.unheard(id);
    }
    if (isPassedOn) {
      lastChild(id)
          .filter(attempt -> Bookkeeping.isPassedOn(job, attempt))
          .ifPresent(attempt -> signal(attempt.id(), message, revives, now));
    }
    long sequence =
        append(id, new Change.Recorded(job.progress().turn(), Entry.Kind.SIGNAL, message), now);
    var awaited = row(id).awaits();
    if (awaited != null && awaited.heedsMessages()) {
      wake(row(id), now);
    }
    revive(id, null, now);
    return sequence;
  }

  /// Whether the job supervises attempts whose model can read a message.
  private boolean isOfAttempts(JobRecord job) {
    return Objects.requireNonNull(definitions.get(job.definition()))
        .attempts()
        .filter(attempts -> attempts.work().agent().model() != null)
        .isPresent();
  }

  private Optional<JobRecord> lastChild(JobId id) {
    return children(id).max(Comparator.comparingInt(child -> child.id().ordinal()));
  }

  void complete(JobId id, Completion completion, Instant now) {
    var job = known(id).job();
    var handler = job.subtask();
    if (handler == null) {
      throw SignalRefusedException.noHandler(id);
    }
    if (handler.completion() != null) {
      throw SignalRefusedException.ended(id, handler);
    }
    boolean isCallback = Objects.requireNonNull(definitions.get(job.definition())).isCallback();
    if (isCallback && !isAnybodyToHear(id)) {
      throw SignalRefusedException.late(id, handler.callback().orElse(""));
    }
    completeHandler(id, completion, now);
    if (isCallback) {
      var outcome = completion.asOutcome();
      put(
          row(id)
              .with(
                  JobDraft.of(job(id))
                      .moved(JobStatus.DONE, job.progress())
                      .ended(outcome)
                      .record()));
      append(id, Bookkeeping.ended(job.progress().turn(), outcome), now);
    }
  }

  int stop(JobId top, Outcome outcome, Duration grace, Instant now) {
    if (!outcome.isFromOutside() || grace.isNegative()) {
      throw new IllegalArgumentException("Jobs are not stopped with " + outcome + " in " + grace);
    }
    int turn = known(top).job().progress().turn();
    var stop = new Stop(stops.size() + 1L, top, outcome, now.plus(grace));
    var live =
        rows.values().stream()
            .filter(row -> row.job().id().isWithin(top) && row.job().status() != JobStatus.DONE)
            .filter(row -> row.stop() == null || row.stop().until().isAfter(stop.until()))
            .toList();
    if (live.isEmpty()) {
      return 0;
    }
    stops.add(stop);
    for (var row : live) {
      put(row.stopped(stop));
      if (!row.job().id().equals(top)) {
        given.add(row.job().id());
      }
    }
    append(top, Bookkeeping.stopping(turn, outcome), now);
    return live.size();
  }

  Optional<Stop> stopOf(JobId id) {
    return Optional.ofNullable(rows.get(id))
        .filter(row -> row.job().status() != JobStatus.DONE)
        .map(Row::stop);
  }

  /// Jobs whose deadline has passed, or will.
  Stream<JobRecord> timed() {
    return rows.values().stream()
        .filter(row -> row.stop() == null && row.job().status() != JobStatus.DONE)
        .map(Row::job)
        .filter(job -> job.origin().deadline() != null)
        .sorted(Comparator.comparing(job -> Objects.requireNonNull(job.origin().deadline())));
  }

  /// Jobs to be ended by whoever sweeps.
  Stream<Row> over(Instant now) {
    return rows.values().stream()
        .filter(row -> row.isOver(now))
        .sorted(Comparator.comparingLong(row -> Objects.requireNonNull(row.stop()).number()));
  }

  int sweep(int limit, Duration grace, Instant now) {
    for (var late : timed().limit(limit).toList()) {
      var deadline = Objects.requireNonNull(late.origin().deadline());
      if (!deadline.isAfter(now) && row(late.id()).stop() == null) {
        stop(late.id(), Bookkeeping.late(deadline), grace, now);
      }
    }
    var over = over(now).limit(limit).toList();
    for (var row : over) {
      var id = row.job().id();
      var stop = Objects.requireNonNull(row.stop());
      put(row(id).stepped().released(null, null));
      put(row(id).with(JobDraft.of(job(id)).moved(JobStatus.DONE, row.job().progress()).record()));
      end(id, stop.outcome().having(partial(id)), now);
      boolean hadNoPlace = places.giveUp(id) || isCallback(row.job());
      if (!hadNoPlace) {
        leave(id, now);
      }
    }
    return over.size();
  }

  private static boolean isCallback(JobRecord job) {
    return job.subtask() != null && job.subtask().callback().isPresent();
  }

  private Value partial(JobId id) {
    return entries(id.root())
        .filter(entry -> entry.job().equals(id))
        .filter(entry -> entry.kind() == Entry.Kind.REPLY || entry.kind() == Entry.Kind.PROGRESS)
        .reduce((earlier, last) -> last)
        .map(last -> Bookkeeping.partial(last.data()))
        .orElseGet(Value::none);
  }

  /// Whether the job that asked, or any other of the tree, may yet read an answer.
  private boolean isAnybodyToHear(JobId callback) {
    var asking = row(callback.parent().orElseThrow()).job();
    var outcome = asking.outcome();
    return outcome == null
        || (hears(asking) && Bookkeeping.mayRevive(outcome, false))
        || jobs()
            .filter(job -> job.id().isWithin(callback.root()))
            .anyMatch(job -> job.status() != JobStatus.DONE && !isCallback(job));
  }

  private boolean isSatisfied(Wait wait) {
    return wait.handlers().stream().filter(this::hasEnded).count() >= wait.needed();
  }

  private void requireNoCycle(JobId waiter, Wait on) {
    if (on.until() == null) {
      var cycle =
          WaitGraph.cycle(waiter, waiting(on), id -> Optional.of(row(id)).flatMap(this::waiting));
      if (!cycle.isEmpty()) {
        throw new WaitCycleException(cycle);
      }
    }
  }

  private Optional<WaitGraph.Waiting> waiting(Row row) {
    var on = row.awaits();
    return on == null || on.until() != null ? Optional.empty() : Optional.of(waiting(on));
  }

  private WaitGraph.Waiting waiting(Wait on) {
    var open = on.handlers().stream().filter(id -> !hasEnded(id)).toList();
    return new WaitGraph.Waiting(on.needed() - (on.handlers().size() - open.size()), open);
  }

  private boolean isHeeded(Wait wait, JobId waiter) {
    long heard = row(waiter).job().progress().heard();
    return wait.heedsMessages() && messages(waiter, heard).findAny().isPresent();
  }

  private static boolean isOver(Wait wait, Instant now) {
    return wait.until() != null && !roundedUp(wait.until()).isAfter(now);
  }

  private boolean hasEnded(JobId handler) {
    var target = rows.get(handler);
    if (target == null) {
      throw new UnknownJobException(handler.text());
    }
    return told(target.job()) > 0;
  }

  void change(DurableObject object) {
    var before = objects.get(object.id());
    boolean fits = (before == null ? 0 : before.version()) == object.version() - 1;
    if (!fits
        || (before == null && object.key() != null && objectByKey(object.key()).isPresent())) {
      throw new ObjectConflictException(object);
    }
    objects.put(object.id(), before == null ? object : object.named(before.key()));
  }

  Optional<DurableObject> objectByKey(String key) {
    return objects.values().stream().filter(object -> key.equals(object.key())).findFirst();
  }

  private void checkpoint(JobId id, Delta delta) {
    delta.fresh().forEach(chunks::put);
    put(row(id).with(row(id).workspace().changed(delta)));
  }

  private long append(JobId job, Change.Recorded what, Instant now) {
    var entries = new ArrayList<>(entriesByRoot.getOrDefault(job.root(), List.of()));
    long sequence = entries.size() + 1L;
    entries.add(new Entry(sequence, now, job, what.turn(), what.kind(), what.data()));
    entriesByRoot.put(job.root(), entries);
    return sequence;
  }

  Stream<JobRecord> jobs() {
    return rows.values().stream().map(Row::job);
  }

  Stream<JobRecord> children(JobId parent) {
    return jobs().filter(job -> job.id().parent().equals(Optional.of(parent)));
  }

  Optional<JobRecord> rootByKey(String key) {
    return jobs()
        .filter(job -> job.id().parent().isEmpty() && key.equals(job.origin().key()))
        .findFirst();
  }

  Optional<JobRecord> childBySubtaskId(JobId parent, Json id) {
    return children(parent)
        .filter(child -> child.subtask() != null && !id.equals(Json.Null.VALUE))
        .filter(child -> child.subtask() != null && child.subtask().id().equals(id))
        .findFirst();
  }

  Stream<Entry> entries(JobId root) {
    return entriesByRoot.getOrDefault(root, List.of()).stream();
  }

  MemoryWorkspace workspace(JobId id) {
    var row = rows.get(id);
    return row == null ? MemoryWorkspace.EMPTY : row.workspace();
  }

  Map<String, Blob> soundChunks(Collection<String> addresses) {
    var sound = new HashMap<>(chunks);
    sound.keySet().retainAll(addresses);
    sound.entrySet().removeIf(chunk -> !chunk.getValue().address().equals(chunk.getKey()));
    return Map.copyOf(sound);
  }

  void fork(JobId id, int turn, JobId fork, Instant now) {
    if (fork.parent().isPresent()) {
      throw new IllegalArgumentException("Job " + fork + " is no root");
    }
    var from = known(id);
    requireOver(from, turn);
    if (rows.containsKey(fork)) {
      throw new DuplicateJobException(fork);
    }
    var origin = from.job().origin();
    var record =
        new JobRecord(
            fork,
            new JobRecord.Origin(
                null,
                origin.digest(),
                origin.agent(),
                now,
                renewed(origin, now),
                origin.priority()),
            from.job().definition(),
            JobStatus.READY,
            Progress.after(turn),
            null,
            null,
            Usage.NONE,
            Budget.NONE);
    accounts.open(fork, accounts.granted(id));
    fallDue(new Row(record, 0, 0, null, now, null, null, null, from.workspace().forked(turn)), now);
    append(fork, Bookkeeping.forked(origin.agent(), id, turn), now);
    entries(id.root())
        .filter(entry -> entry.job().equals(id) && entry.turn() <= turn)
        .filter(entry -> Bookkeeping.isForked(entry.kind()))
        .toList()
        .forEach(
            entry ->
                append(
                    fork,
                    new Change.Recorded(entry.turn(), entry.kind(), entry.data()),
                    entry.time()));
  }

  private static void requireOver(Row row, int turn) {
    var id = row.job().id();
    if (turn > row.job().lastTurn()) {
      throw UnknownTurnException.unfinished(id, turn, row.job().lastTurn());
    }
    if (turn < row.workspace().kept()) {
      throw UnknownTurnException.forgotten(id, turn, row.workspace().kept());
    }
  }

  void forget(JobId id, int turn) {
    var row = known(id);
    put(row.with(row.workspace().forgotten(Math.min(turn, row.job().lastTurn()))));
  }

  Store.Freed collect(int limit) {
    var named =
        rows.values().stream()
            .flatMap(row -> row.workspace().addresses())
            .collect(Collectors.toSet());
    var garbage =
        chunks.keySet().stream().filter(address -> !named.contains(address)).limit(limit).toList();
    long bytes =
        garbage.stream()
            .map(chunks::remove)
            .mapToLong(chunk -> chunk == null ? 0 : chunk.size())
            .sum();
    return new Store.Freed(garbage.size(), bytes, garbage.size() == limit);
  }

  private Row known(JobId id) {
    var row = rows.get(id);
    if (row == null) {
      throw new UnknownJobException(id.text());
    }
    return row;
  }

  /// The sequence of the entry that ended the job's handler; 0 while it has not ended, or has none.
  static long told(JobRecord job) {
    return job.subtask() == null ? 0 : job.subtask().told();
  }

  private void requireUnusedId(JobId parent, Json subtaskId) {
    childBySubtaskId(parent, subtaskId)
        .ifPresent(
            existing -> {
              throw new DuplicateSubTaskException(existing.id(), subtaskId);
            });
  }

  private Row row(JobId id) {
    var row = rows.get(id);
    if (row == null) {
      throw new IllegalStateException("Job " + id + " vanished");
    }
    return row;
  }

  private JobRecord job(JobId id) {
    return row(id).job();
  }

  private void put(Row row) {
    rows.put(row.job().id(), row);
  }

  /// The store knows milliseconds; a job must not fall due before the moment it asked for.
  private static Instant roundedUp(Instant at) {
    var floor = at.truncatedTo(ChronoUnit.MILLIS);
    return floor.equals(at) ? at : floor.plusMillis(1);
  }
}
