package dev.errand.engine;

import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Lease;
import dev.errand.job.StaleLeaseException;
import dev.errand.job.Stop;
import dev.errand.job.StoppedException;
import dev.errand.job.StoreException;
import dev.errand.job.Words;
import dev.errand.job.WorkspaceException;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Receipt;
import dev.errand.spi.Step;
import dev.errand.spi.Store;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Claims due jobs and advances each on its own virtual thread.
 *
 * Permits. A permit is held by each job that is being advanced, and by nothing else: a job gives its permit back the
 * moment it is suspended, so jobs that wait never keep the jobs they wait for from running. The claiming thread takes a
 * permit before it claims and passes it on with the claim; so does a thread that commits a step, for what may fall due by it.
 * Where none is left, a step that is surely its job's last for now passes its own permit on: it is owed from before the
 * commit until the job's thread gives it back, which comes next. Only within the slice of time that began when the first
 * job of such a chain was claimed in its turn: then those have theirs that wait to be claimed.
 *
 * Parked jobs. The thread of a suspended job stays where it is, blocked inside the statement, as a cache. Its place
 * is entered before the suspension is committed: from the commit on, the job may be woken and claimed at any moment,
 * and a claim must find the place or it would begin a second thread for the job. A place ends in exactly one way, decided
 * by Place.settle: a claim is given to it, or it is dropped. A claim that finds the place dropped, or made for an older
 * version of the job, begins afresh from the rows. So does one that was given to the place of a thread which then was not
 * suspended: its lease had run out, and the store refuses whatever it commits.
 *
 * Draining. Once that has begun nothing is claimed, every place is dropped, and each active job is asked to come to rest:
 * its thread then unwinds at the next place where the rows say all that is needed, and hands the lease back in the commit
 * of what is pending. Who begins to drain looks at the active jobs and the places after it has said so; who adds one
 * looks whether that was said after it has added it. So one of the two sees the other.
 *
 * Trouble. A worker outlives its store's: a job whose thread the store fails is given up here, as if the process had died,
 * and goes on from its rows once its lease has run out, perhaps here again. The claiming thread pauses, and tries again and
 * again: what it can claim from can be used.
 */
final class JobWorker implements Parking, Taker, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JobWorker.class);
  private static final int CLAIMS_AT_ONCE = 256;
  private static final Duration STATUS_SHOWN_EVERY = Duration.ofMillis(20);
  private static final Duration SHORTLY = Duration.ofMillis(3);
  private static final Duration PAUSE = Duration.ofMinutes(1);
  private static final Duration COLLECTED_EVERY = Duration.ofMinutes(1);
  private static final Duration BETWEEN_COLLECTIONS = Duration.ofMillis(200);
  private static final int COLLECTED_AT_ONCE = 64;
  private static final int SWEPT_AT_ONCE = 500;
  private static final Duration LATELY = Duration.ofMinutes(1);
  private static final Duration LEFT_BEHIND_AFTER = Duration.ofSeconds(1);

  /// How long before the end of its bound a drain stops code and models, so that their jobs can be
  /// handed back within it; less where the bound is short.
  private static final Duration BEFORE_THE_BOUND = Duration.ofSeconds(2);

  /// How long a worker that is closed waits for threads that were stopped to hand their jobs back.
  private static final Duration CLOSING = Duration.ofSeconds(1);

  /// How long a job whose deadline has passed is given to end what it does.
  static final Duration GRACE = Duration.ofSeconds(5);

  private final Store store;
  private final Registry registry;
  private final Definitions definitions;
  private final InstantSource clock;
  private final String name;
  private final Duration lease;
  private final Duration poll;

  /// Long against what it costs to take up a job whose process was given up meanwhile, and short
  /// for those who wait.
  private final Duration slice;

  private final int warmJobs;
  private final int concurrency;
  private final Signals signals;
  private final ObjectLocks locks = new ObjectLocks();
  private final WorkerBudget budget;
  private final Consumer<Words> words;
  private final Permits permits;
  private final Map<JobId, JobAdvancer> active = new ConcurrentHashMap<>();

  /// Those that hold a permit, and when their slices began. A job that was handed back may be
  /// claimed here again before its thread has ended: then `active` has the later one, and this has
  /// both.
  private final Map<JobAdvancer, Long> permitted = new ConcurrentHashMap<>();

  private final Set<JobId> noticed = ConcurrentHashMap.newKeySet();
  private final Map<JobId, Place> parked = new ConcurrentHashMap<>();
  private final java.util.concurrent.atomic.AtomicLong arrivals =
      new java.util.concurrent.atomic.AtomicLong();
  private final Timer timer;

  /// On a thread of its own: to end thousands of jobs takes a while.
  private final Timer stopping;

  private Store.@Nullable Listening listening;
  private long heeded;
  private volatile long lastStop = System.nanoTime() - LATELY.toNanos();
  private final Thread claiming;
  private volatile boolean running = true;
  private volatile boolean draining;
  private volatile boolean renewing = true;
  private volatile boolean claims = true;

  /// Held by nobody: who waits for jobs to come to rest is notified on it.
  private final Object rest = new Object();

  private volatile boolean idle;

  /// Whether the last look found nothing that waits to be claimed.
  private volatile boolean caughtUp;

  private final AtomicBoolean isStatusToBeShown = new AtomicBoolean();
  private volatile @Nullable StoreException trouble;

  JobWorker(
      Store store,
      Registry registry,
      InstantSource clock,
      Signals signals,
      String name,
      Engine.WorkerOptions options,
      Consumer<Words> words) {
    this.store = store;
    this.registry = registry;
    this.words = words;
    this.definitions = new Definitions(store);
    this.clock = clock;
    this.signals = signals;
    this.name = name;
    this.lease = options.lease();
    this.poll = options.poll();
    this.slice = options.slice();
    this.warmJobs = options.warmJobs();
    this.budget = new WorkerBudget(options.budget());
    this.concurrency = options.concurrency();
    this.permits = new Permits(concurrency);
    this.timer = new Timer("errand-timer-" + name);
    this.stopping = new Timer("errand-stops-" + name);
    this.claiming =
        Thread.ofPlatform().daemon().name("errand-claims-" + name).unstarted(this::claimAll);
  }

  void start() {
    timer.every(lease.dividedBy(3), this::renew);
    timer.after(COLLECTED_EVERY, this::collect);
    heeded = store.stops(0).stream().mapToLong(Stop::number).max().orElse(0);
    stopping.every(poll, this::lookForStops);
    listening = store.listen(this::wake);
    claiming.start();
  }

  /// What the store failed at, if nothing was claimed from it since.
  Optional<StoreException> trouble() {
    return Optional.ofNullable(trouble);
  }

  /// Whether nothing is being advanced here and nothing will fall due by itself soon.
  boolean idle() {
    return idle;
  }

  private void claimAll() {
    try {
      claimUntilTheEnd();
    } finally {
      claims = false;
      notifyOfRest();
    }
  }

  private void claimUntilTheEnd() {
    try {
      while (claimsMore()) {
        if (trouble != null) {
          awaitRest(System.nanoTime() + poll.toNanos(), () -> !claimsMore());
        }
        try {
          claimOrWait();
        } catch (StoreException broken) {
          storeFailed(broken);
        } catch (RuntimeException fault) {
          LOG.error("Claiming failed for a fault of the library", fault);
          storeFailed(new StoreException("Claiming failed; the log has more: " + fault, fault));
        }
      }
    } catch (InterruptedException stopped) {
      LOG.debug("{} claims nothing more", name);
    }
  }

  private boolean claimsMore() {
    return running && !draining;
  }

  private void claimOrWait() throws InterruptedException {
    long seen = signals.count();
    if (claimSome() || signals.count() != seen) {
      idle = false;
    } else if (!isDueWithin(seen, SHORTLY)) {
      // Most often something has fallen due by now, and what falls due later need not be asked.
      awaitDue(seen, store.nextDue());
    }
  }

  /// Says so to the log, once, and to whoever waits here.
  private void storeFailed(StoreException broken) {
    if (!running) {
      return;
    }
    if (trouble == null) {
      LOG.warn("The store failed, and is tried until it can be used: {}", broken.getMessage());
    }
    trouble = broken;
    signals.someEnded();
    signals.fellDue();
  }

  /// @param before what the matter was before something was claimed
  private void noteClaimed(@Nullable StoreException before) {
    if (before != null && trouble == before) {
      trouble = null;
      LOG.info("The store can be used again");
    }
  }

  /// Waits until something is to be claimed: it has fallen due since `seen`, or by itself, or it is
  /// time to look for what others made due.
  private void awaitDue(long seen, Optional<Instant> next) throws InterruptedException {
    long end = System.nanoTime() + untilNextLook(next).toNanos();
    long left = 1;
    while (left > 0 && signals.count() == seen && claimsMore()) {
      idle = isResting() && signals.count() == seen && next.filter(this::isSoon).isEmpty();
      signals.changed();
      left = end - System.nanoTime();
      signals.awaitDue(seen, Duration.ofNanos(left));
    }
  }

  /// Whether something falls due in so short a time.
  private boolean isDueWithin(long seen, Duration time) throws InterruptedException {
    return signals.awaitDue(seen, time) && signals.count() != seen;
  }

  /// How long to wait for a signal: until something falls due by itself, at most until the next
  /// look for what others made due.
  private Duration untilNextLook(Optional<Instant> due) {
    return due.map(this::left)
        .filter(left -> left.isPositive() && left.compareTo(poll) < 0)
        .orElse(poll);
  }

  private boolean isSoon(Instant due) {
    return left(due).compareTo(PAUSE.dividedBy(6)) < 0;
  }

  private Duration left(Instant due) {
    return Duration.between(clock.instant(), due);
  }

  /// Claims what is due and may be advanced; false if surely nothing more is due.
  private boolean claimSome() throws InterruptedException {
    if (!permits.tryAcquire()) {
      caughtUp = false;
      if (!permits.tryAcquire(poll.toMillis(), TimeUnit.MILLISECONDS)) {
        return true;
      }
    }
    if (draining) {
      permits.release();
      return false;
    }
    // The rest is for steps, or what they make due would have to be claimed, again and again.
    int taken = 1;
    int most = Math.min(CLAIMS_AT_ONCE, 1 + permits.availablePermits() / 2);
    while (taken < most && permits.tryAcquire()) {
      taken++;
    }
    List<Claim> claims = List.of();
    try {
      var before = trouble;
      claims = store.claim(name, taken, lease);
      noteClaimed(before);
    } finally {
      permits.release(taken - claims.size());
    }
    if (!claims.isEmpty()) {
      idle = false;
    }
    long now = System.nanoTime();
    claims.forEach(claim -> dispatch(new Given(claim, now)));
    caughtUp = claims.size() < taken;
    return !caughtUp;
  }

  /// As many places as are free, up to what may fall due by the step; while jobs wait to be claimed
  /// no more than half of these, so that the last one is for them. Where there are none, that of
  /// the step's own job, if it may pass that on.
  ///
  /// The places are kept before it is looked whether this worker drains, and it begins to drain
  /// before it looks at the places: so it does not come to rest while something is about to be
  /// taken.
  @Override
  public Step.Taking room(Step step) {
    int mayFallDue = mayFallDue(step);
    int most = caughtUp ? mayFallDue : Math.min(mayFallDue, permits.availablePermits() / 2);
    int kept = 0;
    while (kept < most && permits.tryAcquire()) {
      kept++;
    }
    if (kept == 0 && mayFallDue > 0 && isLastForNow(step) && isWithinSlice(step)) {
      permits.owe();
      kept = 1;
    }
    if (kept > 0 && (draining || !running)) {
      giveBack(kept);
      kept = 0;
    }
    return kept == 0 ? Step.Taking.NOTHING : new Step.Taking(kept, lease);
  }

  private static int mayFallDue(Step step) {
    int jobs = 0;
    for (var change : step.changes()) {
      jobs +=
          switch (change) {
            case Change.Created ignored -> 1;
            case Change.Completed ignored -> 1;
            case Change.Ended ignored -> 2; // who waits for it, and the next child
            case Change.Told ignored -> 1;
            default -> 0;
          };
    }
    return Math.min(jobs, CLAIMS_AT_ONCE);
  }

  /// Whether the step's job surely gives its permit back once it is committed: it ends, or waits
  /// for more handlers than can have ended, as the jobs of some are created by this very step. (One
  /// that is to have a share of the budget may end at once.)
  static boolean isLastForNow(Step step) {
    return switch (step.next()) {
      case Step.Next.End() -> true;
      case Step.Next.Await(var wait) -> {
        var created = new HashSet<JobId>();
        for (var change : step.changes()) {
          if (change instanceof Change.Created(var job) && job.budget() == null) {
            created.add(job.id());
          }
        }
        long open = wait.handlers().stream().filter(created::contains).count();
        yield wait.until() == null
            && !wait.heedsMessages()
            && wait.handlers().size() - open < wait.needed();
      }
      case Step.Next.Continue() -> false;
      case Step.Next.Yield ignored -> false;
    };
  }

  private boolean isWithinSlice(Step step) {
    return System.nanoTime() - sliceOf(step.lease().job()) < slice.toNanos();
  }

  /// When the slice of a job began; one that is not advanced here has none left.
  private long sliceOf(JobId job) {
    var advancer = active.get(job);
    var began = advancer == null ? null : permitted.get(advancer);
    return began == null ? System.nanoTime() - slice.toNanos() : began;
  }

  @Override
  public void take(Step step, @Nullable Receipt receipt) {
    var taken = receipt == null ? List.<Claim>of() : receipt.taken();
    giveBack(step.taking().most() - taken.size());
    long began = sliceOf(step.lease().job());
    taken.forEach(claim -> dispatch(new Given(claim, began)));
    if (receipt != null && receipt.due()) {
      caughtUp = false;
      signals.fellDue();
    } else {
      signals.changed();
    }
  }

  private void giveBack(int places) {
    if (places > 0) {
      permits.release(places);
      noteRest();
    }
  }

  private void dispatch(Given given) {
    try {
      goOn(given);
    } catch (RuntimeException fault) {
      LOG.error("Job {} could not be begun for a fault of the library", given.job(), fault);
      giveBack(1);
    }
  }

  private void goOn(Given given) {
    var place = parked.remove(given.job());
    if (place != null && warmJobs == 0) {
      place.drop(); // as it is about to be by its own thread, if that comes first
    }
    if (place == null || !place.settle(given)) {
      begin(given);
    }
  }

  private void begin(Given given) {
    var claim = given.claim();
    var writer = new StepWriter(store, claim, this, timer);
    JobAdvancer advancer;
    try {
      advancer =
          new JobAdvancer(
              store,
              registry,
              claim,
              definitions.at(claim.job().definition()),
              writer,
              this,
              locks,
              budget,
              words,
              clock);
    } catch (StoreException broken) {
      giveBack(1);
      givenUp(claim.job().id(), broken);
      return;
    }
    activate(advancer, given);
    Thread.ofVirtual().name("errand-job-" + claim.job().id()).start(() -> advance(advancer));
  }

  /// Who heeds a stop looks at the active jobs after it has read the stop, and a job is looked at
  /// here after it has become active: one of the two sees the other.
  private void activate(JobAdvancer advancer, Given given) {
    permitted.put(advancer, given.began());
    active.put(advancer.job(), advancer);
    showStatusSoon();
    if (draining) {
      advancer.rest();
    }
    if (System.nanoTime() - lastStop < LATELY.toNanos()) {
      stopIfDue(advancer);
    }
  }

  /// A job of a tree that was stopped may have gone on since: its row knows.
  private void stopIfDue(JobAdvancer advancer) {
    store.stopOf(advancer.job()).ifPresent(stop -> stop(advancer, stop));
  }

  /// Another process may have made jobs due, or stopped some.
  private void wake() {
    signals.someEnded();
    signals.fellDue();
    stopping.after(Duration.ZERO, this::lookForStops);
  }

  private void lookForStops() {
    try {
      if (running) {
        heedStops();
      }
    } catch (StoreException broken) {
      storeFailed(broken);
    }
  }

  /// Learns which jobs are to end, ends those that are here, and sweeps up those that nobody has.
  void heedStops() {
    synchronized (stopping) {
      for (var stop : store.stops(heeded)) {
        lastStop = System.nanoTime();
        heeded = stop.number();
        active.values().stream()
            .filter(advancer -> stop.concerns(advancer.job()))
            .forEach(this::stopIfDue);
        parked.entrySet().stream()
            .filter(place -> stop.concerns(place.getKey()))
            .forEach(place -> drop(place.getKey(), place.getValue()));
      }
    }
    if (sweep(store)) {
      signals.someEnded();
      signals.fellDue();
    }
  }

  /// Ends all jobs that are to end and that nobody has; whether there was any.
  static boolean sweep(Store store) {
    int swept;
    boolean any = false;
    do {
      swept = store.sweep(SWEPT_AT_ONCE, GRACE);
      any = any || swept > 0;
    } while (swept == SWEPT_AT_ONCE);
    return any;
  }

  /// A job's thread that does not end, because a tool does not heed that it is interrupted, keeps
  /// its job no longer than it may: the job is swept up, and the thread left behind.
  private void stop(JobAdvancer advancer, Stop stop) {
    advancer.stop(stop);
    var left = Duration.between(clock.instant(), stop.until());
    if (left.isPositive()) {
      stopping.after(left, advancer::breakOff);
    } else {
      advancer.breakOff();
    }
    stopping.after(
        (left.isPositive() ? left : Duration.ZERO).plus(LEFT_BEHIND_AFTER),
        () -> leaveBehind(advancer));
  }

  private void leaveBehind(JobAdvancer advancer) {
    if (inactive(advancer)) {
      LOG.warn(
          "A tool of job {} does not end though it was interrupted; its thread is left behind",
          advancer.job());
      signals.changed();
    }
  }

  @SuppressWarnings("IllegalCatch")
  private void advance(JobAdvancer advancer) {
    var id = advancer.job();
    try {
      var missing = registry.missing(advancer.definition().agent());
      if (missing.isPresent()) {
        handBack(advancer, "it needs " + missing.get());
      } else {
        advancer.advance();
      }
    } catch (StaleLeaseException lost) {
      LOG.info("Job {} went on elsewhere: {}", id, lost.getMessage());
    } catch (StoreException broken) {
      givenUp(id, broken);
    } catch (StoppedException stopped) {
      end(advancer, stopped.stop());
    } catch (RuntimeException | Error thrown) {
      advancer
          .stopped()
          .ifPresentOrElse(stop -> end(advancer, stop), () -> givenUp(advancer, thrown));
    } finally {
      advancer.close();
      registry.left(id);
      inactive(advancer);
      signals.ended(id);
      signals.changed();
    }
  }

  private void givenUp(JobAdvancer advancer, Throwable why) {
    switch (why) {
      case Dropped dropped -> {
        LOG.debug("Job {} given up here: {}", advancer.job(), dropped.getMessage());
        if (draining) {
          leave(advancer);
        }
      }
      // A worker without a fitting Python must not fail jobs that another worker, or this one
      // mended, can do.
      case WorkspaceException unavailable -> handBack(advancer, unavailable.getMessage());
      case NoCallLeft later -> handBack(advancer, later.again());
      case WorkerBudget.PutOff spent -> handBack(advancer, spent.getMessage());
      default -> fail(advancer, why);
    }
  }

  /// Ends a job that is to end.
  private void end(JobAdvancer advancer, Stop stop) {
    try {
      advancer.end(stop);
    } catch (StaleLeaseException lost) {
      LOG.debug("Job {} was ended elsewhere: {}", advancer.job(), lost.getMessage());
    } catch (StoreException broken) {
      givenUp(advancer.job(), broken);
    }
  }

  /// Leaves the job to whoever claims it from that moment on.
  private void handBack(JobAdvancer advancer, Instant until) {
    LOG.debug("Job {} goes on at {}: its model may not be called before", advancer.job(), until);
    try {
      advancer.writer().handBack(until);
    } catch (StaleLeaseException lost) {
      LOG.info("Job {} went on elsewhere: {}", advancer.job(), lost.getMessage());
    } catch (StoreException broken) {
      givenUp(advancer.job(), broken);
    }
  }

  /// Leaves a job to other workers at once, unless it waits and is nobody's.
  private void leave(JobAdvancer advancer) {
    try {
      advancer.leave();
    } catch (StaleLeaseException lost) {
      LOG.debug("Job {} went on elsewhere: {}", advancer.job(), lost.getMessage());
    } catch (StoppedException stopped) {
      end(advancer, stopped.stop());
    } catch (StoreException broken) {
      givenUp(advancer.job(), broken);
    }
  }

  /// Leaves the job to another worker, or to this one later.
  private void handBack(JobAdvancer advancer, @Nullable String why) {
    var text =
        "Job " + advancer.job() + " cannot go on in this process, tried again in a minute: " + why;
    LOG.warn(text);
    try {
      if (noticed.add(advancer.job())) {
        int turn = advancer.writer().progress().turn();
        advancer
            .writer()
            .add(new Change.Recorded(turn, Entry.Kind.NOTICE, Json.object("text", text)));
      }
      advancer.writer().handBack(clock.instant().plus(PAUSE));
    } catch (StaleLeaseException lost) {
      LOG.info("Job {} went on elsewhere: {}", advancer.job(), lost.getMessage());
    } catch (StoreException broken) {
      givenUp(advancer.job(), broken);
    }
  }

  private void fail(JobAdvancer advancer, Throwable fault) {
    if (!running) {
      return;
    }
    LOG.error("Job {} failed for a fault of the library", advancer.job(), fault);
    try {
      advancer.fail(fault);
    } catch (RuntimeException again) {
      LOG.error("Job {} could not be ended either", advancer.job(), again);
    }
  }

  private void givenUp(JobId job, StoreException broken) {
    LOG.info("Job {} goes on once its lease has run out: {}", job, broken.getMessage());
    storeFailed(broken);
  }

  /// Has it committed that jobs have begun, of those that have not come to commit anything yet;
  /// goes on as long as jobs are advanced.
  private void showStatus() {
    isStatusToBeShown.set(false);
    active.values().forEach(advancer -> advancer.writer().commitSoon());
    if (!active.isEmpty()) {
      showStatusSoon();
    }
  }

  /// Who becomes active calls it after that, and who shows says so before it looks who is active:
  /// one of the two sees the other.
  private void showStatusSoon() {
    if (!isStatusToBeShown.getAndSet(true)) {
      timer.after(STATUS_SHOWN_EVERY, this::showStatus);
    }
  }

  /// Frees a few pieces that no workspace has any more, and comes back for the others: commits wait
  /// for what is freed at once.
  private void collect() {
    boolean more = false;
    try {
      more = store.collect(COLLECTED_AT_ONCE).more();
    } finally {
      timer.after(more ? BETWEEN_COLLECTIONS : COLLECTED_EVERY, this::collect);
    }
  }

  private void renew() {
    if (!renewing) {
      return;
    }
    var leases = new ArrayList<Lease>();
    active.values().forEach(advancer -> leases.add(advancer.writer().lease()));
    if (leases.isEmpty()) {
      return;
    }
    try {
      for (var renewed : store.renew(leases, lease)) {
        var advancer = active.get(renewed.job());
        if (advancer != null) {
          advancer.writer().renewed(renewed);
        }
      }
    } catch (StoreException broken) {
      LOG.warn("Leases could not be renewed: {}", broken.getMessage());
    }
  }

  @Override
  public Optional<Claim> park(
      JobId job, int answers, BooleanSupplier suspend, LongSupplier version) {
    var place = new Place(answers, arrivals.incrementAndGet());
    var advancer = active.get(job);
    var other = parked.put(job, place);
    if (other != null) {
      other.drop(); // this thread or that has lost its lease, and goes on no more
    }
    boolean suspended = false;
    try {
      suspended = suspend.getAsBoolean();
    } finally {
      if (!suspended) {
        parked.remove(job, place);
        place.leave().ifPresent(this::begin);
      }
    }
    if (!suspended) {
      return Optional.empty();
    }
    makeRoom(advancer);
    if (draining) {
      drop(job, place);
    }
    var given = place.await();
    if (given.claim().version() != version.getAsLong()) {
      begin(given);
      throw new Dropped("job " + job + " went on elsewhere");
    }
    if (advancer != null) {
      activate(advancer, given);
    }
    return Optional.of(given.claim());
  }

  /// Gives the permit back, once this worker is within its bounds again.
  private void makeRoom(@Nullable JobAdvancer advancer) {
    evict();
    if (advancer != null) {
      inactive(advancer);
    }
    signals.changed();
  }

  /// Gives up places until no more are left than are kept warm.
  private void evict() {
    while (parked.size() > warmJobs) {
      parked.entrySet().stream()
          .min(Map.Entry.comparingByValue(Place.FIRST_TO_DROP))
          .ifPresent(entry -> drop(entry.getKey(), entry.getValue()));
    }
  }

  private void drop(JobId job, Place place) {
    if (parked.remove(job, place)) {
      place.drop();
    }
  }

  /// Gives up every parked thread; the jobs stay suspended and go on from their rows.
  void dropParked() {
    parked.forEach(this::drop);
  }

  /// The job is not advanced here any more; false if it was not.
  private boolean inactive(JobAdvancer advancer) {
    active.remove(advancer.job(), advancer);
    boolean was = permitted.remove(advancer) != null;
    if (was) {
      giveBack(1);
    }
    return was;
  }

  private boolean isResting() {
    return permits.availablePermits() == concurrency;
  }

  private void noteRest() {
    notifyOfRest();
    if (isResting()) {
      signals.rested();
    }
  }

  private void notifyOfRest() {
    synchronized (rest) {
      rest.notifyAll();
    }
  }

  /// Claims nothing more, and waits until each job here has come to rest and was handed back, at
  /// most `within`; those that have not by then keep their lease until it runs out. Shortly before
  /// that, code and models are stopped; tools are not.
  ///
  /// Several threads may drain: the shortest time counts.
  ///
  /// @return the jobs that have not come to rest
  List<JobId> drain(Duration within) throws InterruptedException {
    long end = System.nanoTime() + within.toNanos();
    var before = within.dividedBy(10);
    var late = before.compareTo(BEFORE_THE_BOUND) < 0 ? before : BEFORE_THE_BOUND;
    beginDraining();
    if (!awaitRest(end - late.toNanos(), this::isAtRest)) {
      active.values().forEach(JobAdvancer::hurry);
      if (!awaitRest(end, this::isAtRest)) {
        renewing = false;
      }
    }
    return List.copyOf(active.keySet());
  }

  private void beginDraining() {
    draining = true;
    signals.fellDue();
    notifyOfRest();
    dropParked();
    active.values().forEach(JobAdvancer::rest);
  }

  /// A job that was claimed holds a permit also before its thread has heard of it.
  private boolean isAtRest() {
    return !claims && isResting();
  }

  /// Waits for something that [#notifyOfRest] is told of; false if the time came first.
  private boolean awaitRest(long end, BooleanSupplier come) throws InterruptedException {
    synchronized (rest) {
      while (!come.getAsBoolean()) {
        long left = end - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        TimeUnit.NANOSECONDS.timedWait(rest, left);
      }
      return true;
    }
  }

  /// What can come to rest at once is handed back; the rest is left as its last commit left it.
  @Override
  public void close() {
    beginDraining();
    active.values().forEach(JobAdvancer::hurry);
    try {
      awaitRest(System.nanoTime() + CLOSING.toNanos(), this::isAtRestButForTools);
    } catch (InterruptedException again) {
      Thread.currentThread().interrupt();
    }
    running = false;
    claiming.interrupt();
    if (listening != null) {
      listening.close();
    }
    timer.close();
    stopping.close();
    active.values().forEach(JobAdvancer::close);
    signals.changed();
  }

  private boolean isAtRestButForTools() {
    long atTools = active.values().stream().filter(JobAdvancer::isAtTool).count();
    return !claims && permits.availablePermits() + atTools == concurrency;
  }

  /// Permits of which one may be owed for a moment.
  private static final class Permits extends Semaphore {
    private static final long serialVersionUID = 1L;

    Permits(int count) {
      super(count);
    }

    void owe() {
      reducePermits(1);
    }
  }
}
