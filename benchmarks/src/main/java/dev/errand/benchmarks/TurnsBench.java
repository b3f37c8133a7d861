package dev.errand.benchmarks;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.job.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.IntStream;

/// Turns of models that answer at once; of models that take their time, by [SlowModelBench]; and
/// those of one long job, by [LongJobBench].
///
/// A turn is a reply of the model and all that it brings about, each step of it durable on SQLite
/// with `synchronous=FULL`. Processor time is that of the JVM, without Python's.
final class TurnsBench {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int ROUNDS = 5;
  private static final int JOBS = 64;
  private static final int TURNS = 50;
  private static final int TURNS_ALONE = 200;

  private final Path folder;
  private final Report report;

  TurnsBench(Path folder, Report report) {
    this.folder = folder;
    this.report = report;
  }

  void measure() throws IOException, InterruptedException {
    for (var kind : Turner.values()) {
      try (var errand = Errand.open(folder.resolve("turns-" + kind + ".db"))) {
        errand.worker().concurrency(JOBS).start();
        perSecond(errand, kind, JOBS, TURNS);
        perSecond(errand, kind, 1, TURNS_ALONE);
      }
    }
    new SlowModelBench(folder, report).measure();
    new LongJobBench(folder, report).measure();
  }

  private void perSecond(Errand errand, Turner kind, int jobs, int turns)
      throws InterruptedException {
    var agent = kind.agent(kind + "-" + jobs, turns);
    run(errand, agent, jobs);
    run(errand, agent, jobs);
    var perSecond = new double[ROUNDS];
    long before = Report.processorNanos();
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      run(errand, agent, jobs);
      perSecond[round] = jobs * turns / ((System.nanoTime() - start) / 1e9);
    }
    double processorMillis = (Report.processorNanos() - before) / 1e6 / (ROUNDS * jobs * turns);
    report.line(
        "turns",
        "%s, %d job%s of %d".formatted(kind.title(), jobs, jobs == 1 ? "" : "s", turns),
        String.format(
            Locale.ROOT,
            "%.0f turns/s (median of %d), %.2f ms of processor time each",
            Report.median(perSecond),
            ROUNDS,
            processorMillis));
  }

  private static void run(Errand errand, Agent agent, int jobs) throws InterruptedException {
    var all =
        IntStream.range(0, jobs)
            .mapToObj(n -> errand.submit(agent, spec -> spec.message("Go on.")))
            .toList();
    for (var job : all) {
      requireDone(job.await(LONG));
    }
  }

  static void requireDone(Outcome outcome) {
    if (!(outcome instanceof Outcome.Succeeded(var value)) || !value.text().equals("Done.")) {
      throw new IllegalStateException("A job ended as " + outcome);
    }
  }
}
