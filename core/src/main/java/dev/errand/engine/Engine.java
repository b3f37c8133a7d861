package dev.errand.engine;

import dev.errand.agent.Agent;
import dev.errand.agent.Memory;
import dev.errand.agent.Model;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Approval;
import dev.errand.job.Attempts;
import dev.errand.job.Budget;
import dev.errand.job.Completion;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.MemoryUse;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Quota;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.StoreException;
import dev.errand.job.SubTaskOptions;
import dev.errand.job.UnknownJobException;
import dev.errand.job.UnknownTurnException;
import dev.errand.job.Value;
import dev.errand.job.Words;
import dev.errand.spi.ModelProvider;
import dev.errand.spi.Store;
import dev.errand.spi.WorkspaceRuntime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Advances jobs: the one public type of the engine room, on which the porch stands.
///
/// Any thread may call it. Jobs are advanced only while a worker is started.
public final class Engine implements AutoCloseable {
  private final Store store;
  private final Registry registry;
  private final InstantSource clock;
  private final Signals signals = new Signals();
  private final Live live = new Live();
  private @Nullable JobWorker worker;
  private boolean drained;

  /// An engine over a store, with what it may use.
  ///
  /// @param builtIn tools that every job may call
  public Engine(
      Store store,
      List<WorkspaceRuntime> runtimes,
      List<ModelProvider> models,
      List<ToolFunction> builtIn,
      InstantSource clock) {
    this.store = store;
    this.clock = clock;
    this.registry = new Registry(runtimes, models, builtIn);
  }

  /// How a worker works.
  ///
  /// @param concurrency jobs advanced at a time; those that wait do not count
  /// @param warmJobs suspended jobs whose threads and processes are kept; more are dropped, those
  ///   first that wait longest
  /// @param lease how long a worker that died keeps its jobs from others
  /// @param poll how often to look for jobs that other processes made due
  /// @param slice for how long a chain of jobs that make each other due keeps the place of the
  ///   first
  /// @param budget what the models of its jobs may cost
  public record WorkerOptions(
      int concurrency, int warmJobs, Duration lease, Duration poll, Duration slice, Budget budget) {
    /// 16 jobs at a time, 64 warm, leases of 30 s, a look every 250 ms, slices of 500 ms, 10
    /// billion tokens and 10,000 US dollars.
    public static final WorkerOptions DEFAULT =
        new WorkerOptions(
            16,
            64,
            Duration.ofSeconds(30),
            Duration.ofMillis(250),
            Duration.ofMillis(500),
            new Budget(10_000_000_000L, 10_000_000_000L));

    public WorkerOptions {
      if (concurrency < 1) {
        throw new IllegalArgumentException("concurrency must be at least 1, not " + concurrency);
      }
      if (warmJobs < 0) {
        throw new IllegalArgumentException("warmJobs must not be negative, but is " + warmJobs);
      }
      if (slice.isNegative()) {
        throw new IllegalArgumentException("slice must not be negative, but is " + slice);
      }
    }
  }

  /// Makes an agent's live parts known in this process; the latest of a name counts.
  public void register(Agent agent) {
    registry.register(agent);
  }

  /// Sets a limit that all workers of the store hold; see [Store#limit].
  public void limit(Quota quota) {
    store.limit(quota);
    signals.fellDue();
  }

  /// Lifts the limit of that name; see [Store#lift].
  public boolean lift(String name) {
    boolean lifted = store.lift(name);
    signals.fellDue();
    return lifted;
  }

  /// Submits a root job, or finds the one of the same key; `make` is given the id to use.
  public JobId submit(java.util.function.Function<JobId, NewJob> make) {
    var id = store.submit(make.apply(JobId.random(ThreadLocalRandom.current())));
    signals.fellDue();
    return id;
  }

  /// Lets a message arrive; see [Store#signal].
  public long signal(JobId job, Json.Object message) {
    long sequence = store.signal(job, message);
    signals.fellDue();
    return sequence;
  }

  /// Stops a job and all below it; see [Store#stop]. What this process has of it is told at once;
  /// other processes look several times a second.
  ///
  /// @return how many jobs are now to end
  public int stop(JobId job, Outcome outcome, Duration grace) {
    int stopped = store.stop(job, outcome, grace);
    if (stopped > 0) {
      worker().ifPresentOrElse(JobWorker::heedStops, () -> JobWorker.sweep(store));
      signals.someEnded();
      signals.fellDue();
    }
    return stopped;
  }

  /// Asks a job to end: its model is told so, has one more turn, and the job ends with what that
  /// gives; see [Store#signal].
  public long askToStop(JobId job, String reason) {
    return signal(job, AskedToEnd.stop(reason));
  }

  /// What a job's model was shown before its reply of that turn, or is to be shown for the one that
  /// is due: made of the history again, as it was then.
  ///
  /// @throws UnknownTurnException if its model was not asked for that turn
  public Model.Request request(JobId id, int turn) {
    var job = store.find(id).orElseThrow(() -> new UnknownJobException(id.text()));
    var definition = store.definition(job.definition()).orElseThrow();
    return Conversation.request(store, id, definition, turn);
  }

  /// Lets other rules for the tool `SubTask` apply from now on, to jobs that run too.
  public void subTaskOptions(SubTaskOptions rules) {
    registry.subTaskOptions(rules);
  }

  /// The rules for the tool `SubTask` as of now.
  public SubTaskOptions subTaskOptions() {
    return registry.subTaskOptions();
  }

  /// Tells `heard` what the models of this process say while they say it, until what is returned is
  /// closed.
  public AutoCloseable listen(Consumer<Words> heard) {
    return live.listen(heard);
  }

  private synchronized Optional<JobWorker> worker() {
    return Optional.ofNullable(worker);
  }

  /// Answers the question whether a tool may be called, in the name of a person.
  ///
  /// @throws SignalRefusedException if the job is no such question, it was answered before, or this
  ///   is called by a tool or a model
  public void answer(JobId question, Approval.Answer answer) {
    if (Outbound.isCalling()) {
      throw SignalRefusedException.notByPerson(question);
    }
    if (!isApproval(question)) {
      throw SignalRefusedException.noApproval(question);
    }
    store.complete(question, answer.completion());
    signals.someEnded();
    signals.fellDue();
  }

  private boolean isApproval(JobId id) {
    var job = store.find(id).orElseThrow(() -> new UnknownJobException(id.text()));
    return job.subtask() != null && job.subtask().isApproval();
  }

  /// A memory of the store, for the application.
  ///
  /// @throws IllegalArgumentException if it is no name of a memory
  public Memory memory(String name) {
    MemoryUse.requireName(name);
    return new OwnMemory(store, name, null, null);
  }

  /// Ends a handler from outside; see [Store#complete].
  public void complete(JobId job, Completion completion) {
    if (isApproval(job)) {
      throw SignalRefusedException.approval(job);
    }
    if (completion instanceof Completion.Result(var value)) {
      requireFit(job, value);
    }
    store.complete(job, completion);
    signals.someEnded();
    signals.fellDue();
  }

  private void requireFit(JobId id, Value result) {
    store
        .find(id)
        .flatMap(job -> store.definition(job.definition()))
        .map(definition -> definition.attempts().map(Attempts::work).orElse(definition))
        .flatMap(work -> Optional.ofNullable(work.resultSchema()))
        .flatMap(schema -> ResultSchema.of(schema).misfit(result))
        .ifPresent(
            why -> {
              throw SignalRefusedException.misfit(id, why);
            });
  }

  /// Forks a job; see [Store#fork].
  ///
  /// @param fork the id of the new job; null for one that is drawn
  public JobId fork(JobId job, int turn, @Nullable JobId fork) {
    var id = fork == null ? JobId.random(ThreadLocalRandom.current()) : fork;
    store.fork(job, turn, id);
    signals.fellDue();
    return id;
  }

  /// Starts this engine's worker.
  ///
  /// @throws IllegalStateException if it was started before, or [#drain] was called
  public synchronized void start(WorkerOptions options) {
    if (worker != null) {
      throw new IllegalStateException("The worker of this Errand is started already");
    }
    if (drained) {
      throw new IllegalStateException(
          "This Errand was drained, and advances no jobs any more; open another");
    }
    var name = "w" + ProcessHandle.current().pid() + "-" + Long.toString(System.nanoTime(), 36);
    worker = new JobWorker(store, registry, clock, signals, name, options, live);
    worker.start();
  }

  /// Has the worker, if there is one, leave its jobs to others; see [JobWorker#drain].
  ///
  /// @return the jobs that have not come to rest
  public List<JobId> drain(Duration within) throws InterruptedException {
    Optional<JobWorker> draining;
    synchronized (this) {
      drained = true;
      draining = worker();
    }
    return draining.isPresent() ? draining.get().drain(within) : List.of();
  }

  /// Whether the worker has nothing to do and no job of the store will fall due soon by itself.
  public synchronized boolean idle() {
    return worker != null && worker.idle();
  }

  /// What this process lacks to advance the job; empty when it lacks nothing.
  public Optional<String> lacking(JobRecord job) {
    return store
        .definition(job.definition())
        .flatMap(definition -> registry.missing(definition.agent()));
  }

  /// Gives up the threads and processes of suspended jobs; the jobs go on from their rows when they
  /// are due.
  public synchronized void dropParked() {
    if (worker != null) {
      worker.dropParked();
    }
  }

  /// Waits until the job has ended.
  ///
  /// @return the job; without an outcome if the time ran out first
  /// @throws StoreException if the store failed, also if it failed the worker, which could claim
  ///   nothing since
  @SuppressWarnings("try") // others are only listened to
  public JobRecord await(JobId id, Duration atMost) throws InterruptedException {
    Instant end = clock.instant().plus(atMost);
    var lookAgain = store.pollEvery();
    try (var ending = signals.awaiting(id);
        var others = store.listen(signals::someEnded)) {
      while (true) {
        long seen = ending.count();
        var job = store.find(id).orElseThrow(() -> new UnknownJobException(id.text()));
        var left = Duration.between(clock.instant(), end);
        if (job.outcome() != null || !left.isPositive()) {
          return job;
        }
        check();
        ending.await(seen, left.compareTo(lookAgain) < 0 ? left : lookAgain);
      }
    }
  }

  /// Waits until something may have changed, at most `atMost`.
  ///
  /// @throws StoreException if the store failed the worker, which could claim nothing since
  public void awaitChange(Duration atMost) throws InterruptedException {
    signals.awaitChange(atMost);
    check();
  }

  private void check() {
    Optional<StoreException> trouble;
    synchronized (this) {
      trouble = worker == null ? Optional.empty() : worker.trouble();
    }
    if (trouble.isPresent()) {
      throw trouble.get();
    }
  }

  /// The store, for reading.
  public Store store() {
    return store;
  }

  /// Stops the worker and ends what it runs, after it has handed back what can be at once.
  @Override
  public void close() {
    worker().ifPresent(JobWorker::close);
    registry.close();
    store.close();
  }
}
