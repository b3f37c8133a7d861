package dev.errand.benchmarks;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.job.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.IntStream;

/// Durable objects: 20 jobs that count on one counter, and what reading an attribute costs.
final class ObjectsBench {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int ROUNDS = 5;
  private static final int JOBS = 20;

  /// Statements of a block by themselves, so that each is committed.
  private static final int STATEMENTS = 25;

  private static final int IN_A_LOOP = 500;
  private static final String READ =
      """
      import time
      counter.n
      def read():
          counter.n
          start = time.perf_counter_ns()
          for _ in range(1000):
              counter.n
          return (time.perf_counter_ns() - start) / 1e6
      exit(sorted(read() for _ in range(21))[10])
      """;
  private final Path folder;
  private final Report report;
  private int round;

  /// What is counted on.
  record Counter(int n) {}

  ObjectsBench(Path folder, Report report) {
    this.folder = folder;
    this.report = report;
  }

  void measure() throws InterruptedException {
    try (var errand = Errand.open(folder.resolve("objects.db"))) {
      errand.worker().concurrency(JOBS).start();
      hammer(errand, "counter.n += 1\n".repeat(STATEMENTS), STATEMENTS);
      report(errand, "a statement each", "counter.n += 1\n".repeat(STATEMENTS), STATEMENTS);
      var loop = "for _ in range(" + IN_A_LOOP + "): counter.n += 1";
      report(errand, "500 in a statement", loop, IN_A_LOOP);
      var counter = errand.durable("read", new Counter(0));
      var micros =
          errand
              .submit(
                  Agent.named("reader").build(), spec -> spec.var("counter", counter).code(READ))
              .await(LONG)
              .value(Double.class);
      report.line(
          "objects",
          "reading an attribute, warm",
          String.format(Locale.ROOT, "p50 %.2f µs", micros));
    }
  }

  private void report(Errand errand, String how, String code, int each)
      throws InterruptedException {
    var perSecond = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      perSecond[i] = hammer(errand, code, each);
    }
    report.line(
        "objects",
        "20 jobs add to one counter, " + how,
        String.format(
            Locale.ROOT, "%.0f increments/s (median of %d)", Report.median(perSecond), ROUNDS));
  }

  private double hammer(Errand errand, String code, int each) throws InterruptedException {
    var counter = errand.durable("counter" + round++, new Counter(0));
    var agent = Agent.named("counting").build();
    long start = System.nanoTime();
    var jobs =
        IntStream.range(0, JOBS)
            .mapToObj(n -> errand.submit(agent, spec -> spec.var("counter", counter).code(code)))
            .toList();
    for (var job : jobs) {
      if (!(job.await(LONG) instanceof Outcome.Succeeded)) {
        throw new IllegalStateException(job.id() + " failed");
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    int counted = counter.as(Counter.class).n();
    if (counted != JOBS * each) {
      throw new IllegalStateException("Counted " + counted);
    }
    return counted / seconds;
  }
}
