package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Account;
import dev.errand.job.AgentSpec;
import dev.errand.job.Attempts;
import dev.errand.job.Budget;
import dev.errand.job.Checkpoint;
import dev.errand.job.CoVariable;
import dev.errand.job.CodeBlock;
import dev.errand.job.Delta;
import dev.errand.job.DurableObject;
import dev.errand.job.Effect;
import dev.errand.job.EffectKey;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.Finding;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobException;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Lease;
import dev.errand.job.Limits;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.Quota;
import dev.errand.job.Retry;
import dev.errand.job.Slot;
import dev.errand.job.Subtask;
import dev.errand.job.TaskError;
import dev.errand.job.Usage;
import dev.errand.job.Value;
import dev.errand.job.Wait;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Receipt;
import dev.errand.spi.Step;
import dev.errand.spi.Store;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A random sequence of calls, made to a store and to the reference, which must answer the same
/// throughout.
///
/// The same seed gives the same calls. Names are few, so that they collide; leases are kept after
/// they were lost, so that stale ones are used too.
public final class RandomCalls {
  private static final int CALLS = 1_500;
  private static final int BETWEEN_SNAPSHOTS = 50;
  private static final int REMEMBERED = 12;
  private static final int FEW = 4;
  private static final int MANY = 10_000;

  /// The ordinal of a child that nobody creates.
  private static final int UNKNOWN = 99;

  private static final int DEEPEST = 3;
  private static final List<JobId> ROOTS =
      IntStream.range(0, 12).mapToObj(n -> new JobId("r" + n)).toList();

  private static final List<JobStatus> AT_WORK =
      List.of(JobStatus.READY, JobStatus.WARMING_UP, JobStatus.STARTED, JobStatus.SUSPENDED);

  private final long seed;
  private final Random random;
  private final Store store;
  private final Store reference;
  private final ManualClock clock;
  private final boolean isUsual;
  private final List<Held> held = new ArrayList<>();
  private final Map<JobId, Integer> turns = new HashMap<>();
  private final Deque<String> trace = new ArrayDeque<>();

  RandomCalls(long seed, Store store, Store reference, ManualClock clock) {
    this(seed, store, reference, clock, false);
  }

  private RandomCalls(long seed, Store store, Store reference, ManualClock clock, boolean isUsual) {
    this.seed = seed;
    this.random = new Random(seed);
    this.store = store;
    this.reference = reference;
    this.clock = clock;
    this.isUsual = isUsual;
  }

  /// Calls of which most are what jobs do most: to create children, to wait for them, and to end.
  ///
  /// @param clock tells both what is due
  public static RandomCalls usual(long seed, Store store, Store reference, ManualClock clock) {
    return new RandomCalls(seed, store, reference, clock, true);
  }

  /// The seed given as system property `errand.seed`, else a new one.
  public static long seed() {
    var given = System.getProperty("errand.seed");
    return given == null ? RandomGenerator.getDefault().nextLong() : Long.parseLong(given);
  }

  /// Makes them.
  ///
  /// @throws AssertionError if the two do not answer the same, with the last calls
  public void run() {
    for (int call = 1; call <= CALLS; call++) {
      act();
      if (call % BETWEEN_SNAPSHOTS == 0 || call == CALLS) {
        same("everything", any -> Snapshot.of(any, ROOTS));
        ROOTS.forEach(this::requireBalanced);
      }
    }
  }

  /// What calls cost is in the accounts, and so is what is set aside for them: none of it twice.
  private void requireBalanced(JobId root) {
    var jobs = reference.jobs(root.text(), "", MANY).stream();
    var open = reference.accounts(root, null, MANY).stream().filter(Account::isOpen).toList();
    long spent = 0;
    long reserved = 0;
    for (var job : jobs.filter(any -> any.id().isWithin(root)).toList()) {
      spent += job.usage().microUsd();
      reserved += job.reserved().microUsd();
    }
    assertThat(open.stream().mapToLong(account -> account.microUsd().spent()).sum())
        .as("what the tree %s spent, with seed %d", root, seed)
        .isEqualTo(spent);
    assertThat(open.stream().mapToLong(account -> account.microUsd().reserved()).sum())
        .as("what is set aside in the tree %s, with seed %d", root, seed)
        .isEqualTo(reserved);
    assertThat(open)
        .as("shares of the tree %s, with seed %d", root, seed)
        .allSatisfy(
            account ->
                assertThat(account.microUsd().shared()).isEqualTo(sharesBelow(account, open)));
  }

  private static long sharesBelow(Account account, List<Account> open) {
    return open.stream()
        .filter(other -> other.microUsd().isBounded() && !other.job().equals(account.job()))
        .filter(other -> nearestAbove(other, open).equals(account.job()))
        .mapToLong(other -> other.microUsd().granted())
        .sum();
  }

  private static JobId nearestAbove(Account account, List<Account> open) {
    return open.stream()
        .filter(other -> other.microUsd().isBounded() && !other.job().equals(account.job()))
        .map(Account::job)
        .filter(account.job()::isWithin)
        .max(Comparator.comparingInt(JobId::depth))
        .orElse(account.job());
  }

  private void act() {
    if (isUsual && chance(90)) {
      actAsUsual();
    } else {
      actAnyhow();
    }
  }

  private void actAsUsual() {
    if (held.size() < FEW) {
      var job = root();
      same("submit " + job, any -> any.submit(job));
      claim();
    } else if (chance(5)) {
      signal();
    } else {
      commit(held.getLast());
    }
  }

  private void actAnyhow() {
    int dice = random.nextInt(100);
    if (dice < 6) {
      var job = root();
      same("submit " + job, any -> any.submit(job));
    } else if (dice < 12) {
      var leases = held.stream().filter(ignored -> chance(50)).map(Held::lease).toList();
      var duration = duration();
      same("renew " + leases, any -> any.renew(leases, duration));
    } else if (dice < 14) {
      rearrange();
    } else if (dice < 19) {
      clock.advance(Duration.ofMillis(random.nextInt(20_000)));
    } else if (dice < 21) {
      resolve();
    } else if (dice < 25) {
      signal();
    } else if (dice < 27) {
      stop();
    } else if (dice < 28 && chance(40)) {
      limit();
    } else if (dice < 28) {
      var job = known();
      var more = budget();
      same("grant " + job + " " + more, any -> done(() -> any.grant(job, more)));
    } else if (held.size() < FEW || dice < 30) {
      claim();
    } else {
      commit(pick(held));
    }
  }

  private void limit() {
    var quota =
        switch (random.nextInt(4)) {
          case 0 -> Quota.jobs(random.nextInt(6));
          case 1 -> Quota.jobs("a" + random.nextInt(2), random.nextInt(3));
          default -> Quota.calls(pick(List.of("p", "p:m")), 1 + random.nextInt(9));
        };
    if (chance(50)) {
      same("limit " + quota, any -> done(() -> any.limit(quota)));
    } else {
      same("lift " + quota.name(), any -> any.lift(quota.name()));
      same("lift jobs", any -> any.lift("jobs"));
    }
    same("limits", any -> any.quotas());
    var model = pick(List.of("p:m", "p:n"));
    same("call " + model, any -> any.call(model));
  }

  private void signal() {
    var job = known();
    switch (random.nextInt(4)) {
      case 0 -> {
        var message = Json.object("text", "message " + random.nextInt(100));
        same("signal " + job, any -> any.signal(job, message));
      }
      case 1 -> {
        var how = Jobs.result(random.nextInt(100));
        same("complete " + job, any -> done(() -> any.complete(job, how)));
      }
      case 2 -> {
        int limit = 1 + random.nextInt(3);
        var top = chance(50) ? job.root() : null;
        var after = chance(50) ? job : null;
        same("callbacks of " + top, any -> any.callbacks(top, after, limit));
      }
      default -> {
        long after = random.nextInt(20);
        int limit = 1 + random.nextInt(3);
        same("news of " + job + " after " + after, any -> any.news(job, after, limit));
      }
    }
  }

  private void stop() {
    var job = known();
    var grace = Duration.ofMillis(random.nextInt(3) * 5_000L);
    if (chance(40)) {
      var outcome = chance(50) ? new Outcome.Cancelled("stop") : new Outcome.TimedOut("late");
      same("stop " + job + " " + outcome + " in " + grace, any -> any.stop(job, outcome, grace));
    } else {
      int limit = 1 + random.nextInt(5);
      same("sweep " + limit, any -> any.sweep(limit, grace));
    }
  }

  private void rearrange() {
    int turn = random.nextInt(5) - 1;
    var job = known();
    switch (random.nextInt(3)) {
      case 0 -> {
        var fork = pick(ROOTS);
        same(
                "fork " + job + " at " + turn + " as " + fork,
                any -> done(() -> any.fork(job, turn, fork)))
            .value()
            .forEach(forked -> turns.put(fork, turn + 1));
      }
      case 1 -> same("forget " + job + " before " + turn, any -> done(() -> any.forget(job, turn)));
      default -> same("collect", any -> any.collect(MANY));
    }
  }

  private JobId known() {
    var known = reference.jobs("", "", MANY);
    return known.isEmpty() ? pick(ROOTS) : pick(known).id();
  }

  private static boolean done(Runnable call) {
    call.run();
    return true;
  }

  private void claim() {
    var worker = "w" + random.nextInt(3);
    int limit = random.nextInt(5);
    var duration = duration();
    var claims = same("claim " + limit, any -> any.claim(worker, limit, duration)).value();
    claims.stream().flatMap(List::stream).forEach(claim -> remember(new Held(claim)));
    if (claims.stream().allMatch(List::isEmpty)) {
      clock.advance(Duration.ofMillis(random.nextInt(20_000)));
    }
  }

  private void resolve() {
    var known = reference.effects(null, null, MANY);
    var key =
        known.isEmpty() || chance(5)
            ? new EffectKey(pick(ROOTS), new Slot(0, 0, UNKNOWN))
            : pick(known).key();
    var finding =
        pick(List.of(Finding.returned(random.nextInt(9)), Finding.raised("no"), Finding.notMade()));
    same(
        "resolve " + key + " " + finding,
        any -> {
          any.resolve(key, finding);
          return key;
        });
  }

  private void remember(Held claimed) {
    held.add(claimed);
    if (held.size() > REMEMBERED) {
      held.removeFirst();
    }
  }

  private void commit(Held by) {
    long version = chance(4) ? by.version - 1 : by.version;
    var lengths = lengths(by.job());
    var changes = new ArrayList<Change>();
    IntStream.range(0, random.nextInt(4)).forEach(n -> changes.add(change(by.job(), lengths)));
    // A job is done by its last step, which ends it once.
    var next = changes.removeIf(Change.Ended.class::isInstance) ? new Step.Next.End() : next(by);
    if (next instanceof Step.Next.End) {
      changes.add(new Change.Ended(outcome()));
    }
    var status = next instanceof Step.Next.End ? JobStatus.DONE : pick(AT_WORK);
    var taking =
        chance(50) ? Step.Taking.NOTHING : new Step.Taking(1 + random.nextInt(3), duration());
    var step = new Step(by.lease(), version, status, progress(), changes, next).taking(taking);
    var receipt = same("commit " + step, any -> any.commit(step)).value();
    receipt.forEach(by::after);
    receipt.stream()
        .flatMap(done -> done.taken().stream())
        .forEach(claim -> remember(new Held(claim)));
    boolean isLost = receipt.stream().noneMatch(Receipt::leased);
    if (isLost && chance(80)) {
      held.remove(by);
    }
  }

  private NewJob root() {
    var key = chance(50) ? "k" + random.nextInt(3) : null;
    var budget = chance(50) ? null : budget();
    return new NewJob(pick(ROOTS), key, definition(), digest(), null, null, null, timeout(), budget)
        .prioritized(priority());
  }

  private Change change(JobId job, Map<Integer, Integer> lengths) {
    if (isUsual && chance(90)) {
      return usual(job);
    }
    return switch (random.nextInt(15)) {
      case 9 -> new Change.Given(List.of(known(job.child(1 + random.nextInt(5)))));
      case 0 ->
          new Change.Recorded(
              random.nextInt(4), Entry.Kind.CONSOLE, Json.object("n", random.nextInt()));
      case 1, 2 -> job.depth() < DEEPEST ? new Change.Created(child(job)) : Jobs.said("deep");
      case 3 -> new Change.Attached(known(job.child(1 + random.nextInt(5))), handlerId());
      case 4 -> new Change.Journalled(effect());
      case 5 -> new Change.Checkpointed(delta(job, lengths));
      case 6 -> chance(70) ? Jobs.delivered(random.nextInt(100)) : Jobs.refused("no");
      case 7 -> new Change.Ended(outcome());
      case 8 -> new Change.ObjectChanged(object(job));
      case 10 ->
          chance(30)
              ? new Change.Stopped(known(job.child(1)), new Outcome.Cancelled("stop"), duration())
              : new Change.Recorded(
                  random.nextInt(4), Entry.Kind.PROGRESS, Json.object("text", "n" + digest()));
      case 11 ->
          chance(50)
              ? new Change.Told(known(job.child(1)), Json.object("text", "psst"), chance(50))
              : Jobs.said("on");
      case 12 -> new Change.Reserved(amount(), amount());
      case 13 -> new Change.LastCall();
      default -> new Change.Spent(new Usage(1, random.nextInt(100), random.nextInt(100), 7));
    };
  }

  private Change usual(JobId job) {
    return switch (random.nextInt(5)) {
      case 0 -> Jobs.delivered(random.nextInt(100));
      case 1 -> new Change.Journalled(effect());
      case 2, 3 -> job.depth() < DEEPEST ? new Change.Created(usualChild(job)) : Jobs.said("deep");
      default -> Jobs.said("on");
    };
  }

  /// One that does not exist.
  private NewJob usualChild(JobId parent) {
    int last =
        reference.children(parent, 0, MANY).stream()
            .mapToInt(child -> child.id().ordinal())
            .max()
            .orElse(0);
    var id = parent.child(last + 1);
    var handler = Subtask.open(Json.object(Subtask.FUTURE, last + 1));
    return new NewJob(id, null, definition(), "asked", handler, null);
  }

  private Budget amount() {
    return new Budget(random.nextInt(100), random.nextInt(10));
  }

  /// The next form of an object, or sometimes one that comes too late.
  private DurableObject object(JobId job) {
    var id = "object" + random.nextInt(3);
    long version = reference.object(id).map(DurableObject::version).orElse(0L);
    var attributes = Map.<String, Value>of("n", Value.of(random.nextInt(100)));
    return new DurableObject(
        id, null, "Counter", chance(10) ? version : version + 1, attributes, job);
  }

  /// The child, or mostly one that exists, where there is any.
  private JobId known(JobId child) {
    var children = reference.children(child.parent().orElseThrow(), 0, MANY);
    return children.isEmpty() || chance(5) ? child : pick(children).id();
  }

  private NewJob child(JobId parent) {
    var id = parent.child(1 + random.nextInt(5));
    var workspace = chance(20) ? Jobs.put(Jobs.delta(Delta.BEFORE), 0, pieces()) : null;
    if (chance(10)) {
      var asked = "question " + random.nextInt(3);
      var handler = Subtask.open(Subtask.callbackId(asked));
      return new NewJob(id, null, JobDefinition.callback(asked), digest(), handler, workspace);
    }
    var handler = chance(70) ? Subtask.open(handlerId()) : null;
    var message = chance(10) ? "hello" : null;
    var budget = chance(60) ? null : budget();
    return new NewJob(
            id, null, definition(), digest(), handler, workspace, message, timeout(), budget)
        .prioritized(priority());
  }

  private @Nullable Integer priority() {
    return chance(80) ? null : random.nextInt(3) - 1;
  }

  private Budget budget() {
    return switch (random.nextInt(4)) {
      case 0 -> Budget.tokens(random.nextInt(300));
      case 1 -> Budget.usd("0.0002");
      default -> new Budget(random.nextInt(2_000), random.nextInt(200));
    };
  }

  private Duration timeout() {
    return chance(70) ? Duration.ofDays(1) : Duration.ofMillis(1 + random.nextInt(200_000));
  }

  private Step.Next next(Held by) {
    return switch (random.nextInt(20)) {
      case 0 -> new Step.Next.End();
      case 1, 2, 3, 4 -> new Step.Next.Yield(clock.instant().plusMillis(random.nextInt(5_000)));
      case 5, 6, 7, 8, 9 -> new Step.Next.Await(wait(by.job()));
      default -> new Step.Next.Continue();
    };
  }

  private Wait wait(JobId job) {
    var children = reference.children(job, 0, MANY).stream().map(JobRecord::id).toList();
    if (isUsual && chance(80) && !children.isEmpty()) {
      var some = children.subList(random.nextInt(children.size()), children.size());
      return new Wait(some, 1 + random.nextInt(some.size()), null, false);
    }
    var known = reference.jobs("", "", MANY).stream().map(JobRecord::id).toList();
    var handlers =
        Stream.generate(() -> chance(98) ? pick(known) : job.child(UNKNOWN))
            .limit(1 + random.nextInt(4))
            .distinct()
            .toList();
    var until = chance(30) ? clock.instant().plusMillis(random.nextInt(20_000)) : null;
    return until != null && chance(30)
        ? Wait.until(until)
        : new Wait(handlers, 1 + random.nextInt(handlers.size()), until, chance(50));
  }

  private Outcome outcome() {
    return switch (random.nextInt(4)) {
      case 0 -> new Outcome.Failed(TaskError.of(TaskError.Kind.EXCEPTION, "boom", ""));
      case 1 -> new Outcome.Cancelled("stop");
      case 2 -> new Outcome.TimedOut("late");
      default -> new Outcome.Succeeded(Value.of(random.nextInt(100)));
    };
  }

  private Effect effect() {
    var slot = new Slot(random.nextInt(4), random.nextInt(3), random.nextInt(3));
    if (chance(20)) {
      var unknown = new Effect.Result.Unknown(Json.object("n", 1), null);
      return new Effect(slot, "tool", digest(), EffectPolicy.AT_MOST_ONCE, unknown);
    }
    var result =
        chance(50)
            ? new Effect.Result.Intended(Json.object("n", random.nextInt(100)))
            : new Effect.Result.Returned(Value.of(random.nextInt(100)));
    return new Effect(slot, "tool", digest(), EffectPolicy.IDEMPOTENT, result);
  }

  private Progress progress() {
    return new Progress(random.nextInt(4), chance(50), random.nextInt(5), 0, 0, random.nextInt(9));
  }

  private JobDefinition definition() {
    return switch (random.nextInt(12)) {
      case 10, 11 ->
          JobDefinition.of(
              Jobs.limited(
                  Limits.DEFAULT
                      .withChildren(random.nextInt(3))
                      .withDescendants(random.nextInt(8))));
      case 0, 1, 2, 3 -> JobDefinition.of(Jobs.MODELLED);
      case 4 ->
          JobDefinition.supervising(
              new Attempts(Retry.attempts(3), JobDefinition.of(Jobs.MODELLED), null));
      default ->
          JobDefinition.of(AgentSpec.program("a" + random.nextInt(2)), CodeBlock.python("pass"));
    };
  }

  private Json handlerId() {
    return switch (random.nextInt(6)) {
      case 0 -> Json.Null.VALUE;
      case 1 -> Json.object(Subtask.FUTURE, random.nextInt(3));
      case 2 -> Subtask.attemptId(1 + random.nextInt(3), 3, chance(50));
      default -> Json.of(pick(Stream.of("x", "y", 7).map(Object.class::cast).toList()));
    };
  }

  private String digest() {
    return chance(90) ? "asked" : "otherwise";
  }

  /// How many pieces each of the job's co-variables has.
  private Map<Integer, Integer> lengths(JobId job) {
    var parts = reference.checkpoint(job).map(Checkpoint::coVariables).orElse(List.of());
    return parts.stream()
        .collect(
            Collectors.toMap(
                CoVariable::number, part -> part.chunks().size(), (a, b) -> b, HashMap::new));
  }

  /// A delta of the job's turn or a later one, which keeps some pieces where there are any.
  private Delta delta(JobId job, Map<Integer, Integer> lengths) {
    var delta = Jobs.delta(turns.merge(job, chance(30) ? 1 : 0, Integer::sum));
    for (int number : List.copyOf(lengths.keySet())) {
      if (chance(20)) {
        delta = Jobs.drop(delta, number);
        lengths.remove(number);
      }
    }
    for (int number = 0; number < FEW; number++) {
      if (chance(40)) {
        int length = random.nextInt(5);
        delta = Jobs.put(delta, number, length, pieces(lengths.getOrDefault(number, 0), length));
        lengths.put(number, length);
      }
    }
    return delta;
  }

  /// Pieces for some of the places that there were before, and all others.
  private Map<Integer, String> pieces(int before, int length) {
    return IntStream.range(0, length)
        .filter(place -> place >= before || chance(40))
        .boxed()
        .collect(Collectors.toMap(place -> place, place -> piece()));
  }

  private String[] pieces() {
    return IntStream.range(0, random.nextInt(4)).mapToObj(n -> piece()).toArray(String[]::new);
  }

  private String piece() {
    return "piece " + random.nextInt(6);
  }

  private Duration duration() {
    return Duration.ofSeconds(1 + random.nextInt(30));
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  private <T> T pick(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  /// Makes the call to both, and returns the answer they agree on.
  private <T> Answer<T> same(String call, Function<Store, T> made) {
    trace.addLast(call);
    if (trace.size() > REMEMBERED) {
      trace.removeFirst();
    }
    var expected = Answer.of(() -> made.apply(reference));
    assertThat(Answer.of(() -> made.apply(store)))
        .as(
            () ->
                "seed %d (-Derrand.seed=%d), last calls:%n%s"
                    .formatted(seed, seed, String.join("\n", trace)))
        .isEqualTo(expected);
    return expected;
  }

  /// What a call came to: a value, or what it was refused with.
  private record Answer<T>(@Nullable T result, String refusal) {
    static <T> Answer<T> of(java.util.function.Supplier<T> call) {
      try {
        return new Answer<>(call.get(), "");
      } catch (JobException refused) {
        return new Answer<>(null, refused.toString());
      }
    }

    List<T> value() {
      return result == null ? List.of() : List.of(result);
    }
  }

  /// A lease, lost or not, with the version of the job as its holder knows it.
  private static final class Held {
    private final Claim claim;
    private long version;

    Held(Claim claim) {
      this.claim = claim;
      this.version = claim.version();
    }

    Lease lease() {
      return claim.lease();
    }

    JobId job() {
      return claim.job().id();
    }

    void after(Receipt receipt) {
      version = receipt.version();
    }
  }
}
