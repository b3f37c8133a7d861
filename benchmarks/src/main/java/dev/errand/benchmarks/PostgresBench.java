package dev.errand.benchmarks;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.Program;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import dev.errand.job.JobId;
import dev.errand.job.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/// The engine on PostgreSQL, measured as `shared/anchors/dbos` measures DBOS Transact: the same
/// numbers of the same things, so that the figures of one server may stand side by side.
///
/// All that is measured happens in one process and goes through the store; children do nothing.
final class PostgresBench {
  private static final Duration LONG = Duration.ofMinutes(10);

  /// A process of the server that has nothing more to do reports what it did only after ten
  /// seconds, and the last has little to do for a while.
  private static final Duration SETTLING = Duration.ofSeconds(25);

  private static final Duration WATCHED = Duration.ofMinutes(1);

  /// As many as `benchmarks/postgres-beside-dbos.sh` gives the other.
  private static final int ROUNDS = 15;

  private static final int CHILDREN = 1000;
  private static final int PARENTS = 16;
  private static final int IN_A_ROW = 100;
  private static final int ALONE = 300;
  private static final int SLOTS = 64;
  private static final int WAITING = 5000;
  private static final int WOKEN = 100;

  private final Map<JobId, CountDownLatch> woken = new ConcurrentHashMap<>();
  private final Map<JobId, Long> wokenAt = new ConcurrentHashMap<>();
  private final String url;
  private final Report report;

  PostgresBench(String url, Report report) {
    this.url = url;
    this.report = report;
  }

  void measure() throws InterruptedException {
    try (var errand = Errand.builder().open(url)) {
      errand.register(Agent.named("noop").program(job -> null).build());
      errand.worker().concurrency(128).start();
      fanOut(errand, "fan-out of 1,000 no-op children", agent("fan-out", this::startAll));
      alone(errand);
      inARow(errand);
      fanOut(
          errand,
          "1,000 no-op children, 64 at a time",
          Agent.named("slots")
              .limits(was -> was.withChildren(SLOTS))
              .program(this::startAll)
              .build());
      waiting(errand);
    }
  }

  private static Agent agent(String name, Program program) {
    return Agent.named(name).program(program).build();
  }

  private void line(String what, double figure, String unit, String more) {
    report.line("postgres", what, String.format(Locale.ROOT, "%.2f %s%s", figure, unit, more));
  }

  private static Outcome ended(Job job) throws InterruptedException {
    var outcome = job.await(LONG);
    if (!(outcome instanceof Outcome.Succeeded)) {
      throw new IllegalStateException("A job that was measured ended as " + outcome);
    }
    return outcome;
  }

  private Object startAll(JobScope job) {
    var handlers = new ArrayList<SubTaskHandler>();
    for (int i = 0; i < CHILDREN; i++) {
      handlers.add(job.start(SubTaskSpec.of("noop")));
    }
    return job.awaitAll(handlers).size();
  }

  private void fanOut(Errand errand, String what, Agent parent) throws InterruptedException {
    for (int warmup = 0; warmup < 2; warmup++) {
      ended(errand.submit(parent));
    }
    var perSecond = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      ended(errand.submit(parent));
      perSecond[round] = CHILDREN / seconds(start);
    }
    line(what, Report.median(perSecond), "children/s", " (median of %d)".formatted(ROUNDS));
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private void alone(Errand errand) throws InterruptedException {
    var nanos = new long[ALONE];
    var parent =
        agent(
            "alone",
            job -> {
              for (int i = 0; i < nanos.length; i++) {
                long start = System.nanoTime();
                job.start(SubTaskSpec.of("noop")).await();
                nanos[i] = System.nanoTime() - start;
              }
              return null;
            });
    ended(errand.submit(parent));
    var medians = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      ended(errand.submit(parent));
      medians[round] = Report.millis(nanos, 0.5);
    }
    line(
        "start one child and await it, p50",
        Report.median(medians),
        "ms",
        " (median of %d; p99 of the last %.2f ms)".formatted(ROUNDS, Report.millis(nanos, 0.99)));
  }

  private void inARow(Errand errand) throws InterruptedException {
    var parent =
        agent(
            "in-a-row",
            job -> {
              for (int i = 0; i < IN_A_ROW; i++) {
                job.start(SubTaskSpec.of("noop")).await();
              }
              return null;
            });
    var perSecond = new double[ROUNDS];
    for (int round = -1; round < ROUNDS; round++) {
      try (var clients = Executors.newFixedThreadPool(PARENTS)) {
        long start = System.nanoTime();
        var parents =
            Collections.<Callable<Outcome>>nCopies(PARENTS, () -> ended(errand.submit(parent)));
        for (var each : clients.invokeAll(parents)) {
          each.resultNow();
        }
        if (round >= 0) {
          perSecond[round] = PARENTS * IN_A_ROW / seconds(start);
        }
      }
    }
    line(
        "16 parents, each start-and-await in a row",
        Report.median(perSecond),
        "children/s",
        " (median of %d)".formatted(ROUNDS));
  }

  private void waiting(Errand errand) throws InterruptedException {
    var waiter = agent("waiter", this::awaitAnswer);
    var jobs = new ArrayList<Job>();
    for (int i = 0; i < WAITING; i++) {
      jobs.add(errand.submit(waiter));
    }
    awaitAllWaiting(errand);
    idle();
    wake(jobs.subList(0, WOKEN));
    for (var job : jobs.subList(WOKEN, WAITING)) {
      job.cancel("measured");
    }
  }

  private Object awaitAnswer(JobScope job) {
    var answer = job.callback("answer").await().result(String.class);
    wokenAt.put(job.id(), System.nanoTime());
    woken.computeIfAbsent(job.id(), id -> new CountDownLatch(1)).countDown();
    return answer;
  }

  private static void awaitAllWaiting(Errand errand) throws InterruptedException {
    while (!errand.idle() || errand.callbacks().size() < WAITING) {
      errand.awaitChange(Duration.ofMillis(100));
    }
  }

  private void idle() throws InterruptedException {
    var statistics = new DatabaseStatistics(url);
    Thread.sleep(SETTLING);
    long start = System.nanoTime();
    long before = statistics.transactions();
    long worked = Report.processorNanos();
    Thread.sleep(WATCHED);
    long now = System.nanoTime();
    long processor = Report.processorNanos() - worked;
    double seconds = (now - start) / 1e9;
    line(
        "5,000 waiting jobs: database transactions",
        (statistics.transactions() - before) / seconds,
        "per second",
        "");
    line("5,000 waiting jobs: processor", 100.0 * processor / (now - start), "% of one", "");
  }

  private void wake(List<Job> jobs) throws InterruptedException {
    var nanos = new long[jobs.size()];
    for (int i = 0; i < nanos.length; i++) {
      var job = jobs.get(i);
      var latch = woken.computeIfAbsent(job.id(), id -> new CountDownLatch(1));
      long start = System.nanoTime();
      job.answer("answer", "now");
      if (!latch.await(LONG.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("Job " + job.id() + " was not woken");
      }
      nanos[i] = wokenAt.getOrDefault(job.id(), start) - start;
    }
    line(
        "a signal wakes one of 5,000 waiting jobs, p50",
        Report.millis(nanos, 0.5),
        "ms",
        " (p99 %.2f ms)".formatted(Report.millis(nanos, 0.99)));
  }
}
