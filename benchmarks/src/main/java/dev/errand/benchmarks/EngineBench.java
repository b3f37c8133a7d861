package dev.errand.benchmarks;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Locale;

/// The engine alone: Java parents and no-op Java children on SQLite with `synchronous=FULL`.
final class EngineBench {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int ROUNDS = 7;
  private static final int CHILDREN = 1000;
  private final Path folder;
  private final Report report;

  EngineBench(Path folder, Report report) {
    this.folder = folder;
    this.report = report;
  }

  void measure() throws InterruptedException {
    try (var errand = Errand.open(folder.resolve("engine.db"))) {
      errand.register(Agent.named("noop").program(job -> null).build());
      errand.worker().concurrency(128).start();
      fanOut(errand);
      roundTrip(errand);
    }
  }

  private void fanOut(Errand errand) throws InterruptedException {
    var parent = Agent.named("fan-out").program(EngineBench::startAllAndWait).build();
    for (int warmup = 0; warmup < 4; warmup++) {
      errand.submit(parent).await(LONG);
    }
    var perSecond = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      errand.submit(parent).await(LONG).value(Integer.class);
      perSecond[round] = CHILDREN / ((System.nanoTime() - start) / 1e9);
    }
    report.line(
        "engine",
        "fan-out of 1,000 no-op Java children, waited for",
        String.format(
            Locale.ROOT, "%.0f children/s (median of %d)", Report.median(perSecond), ROUNDS));
  }

  private static Object startAllAndWait(JobScope job) {
    var handlers = new ArrayList<SubTaskHandler>();
    for (int i = 0; i < CHILDREN; i++) {
      handlers.add(job.start(SubTaskSpec.of("noop")));
    }
    return job.awaitAll(handlers).size();
  }

  private void roundTrip(Errand errand) throws InterruptedException {
    var nanos = new long[500];
    var parent =
        Agent.named("one-by-one")
            .program(
                job -> {
                  for (int i = 0; i < nanos.length; i++) {
                    long start = System.nanoTime();
                    job.start(SubTaskSpec.of("noop")).await();
                    nanos[i] = System.nanoTime() - start;
                  }
                  return null;
                })
            .build();
    errand.submit(parent).await(LONG);
    errand.submit(parent).await(LONG);
    double p50 = Report.millis(nanos, 0.5);
    report.line(
        "engine",
        "start one child and await it",
        String.format(
            Locale.ROOT,
            "p50 %.3f ms, p99 %.3f ms; bound 3 fsync + 0.5 = %.3f ms",
            p50,
            Report.millis(nanos, 0.99),
            3 * report.fsyncMillis() + 0.5));
  }
}
