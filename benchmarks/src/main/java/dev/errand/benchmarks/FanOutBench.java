package dev.errand.benchmarks;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Wide and deep trees of Java programs, with 64 children of a parent at work at a time.
///
/// The figures that a small heap is part of are taken with `ERRAND_JAVA_OPTS=-Xmx512m`.
final class FanOutBench {
  private static final Duration LONG = Duration.ofMinutes(30);
  private static final int PLACES = 64;
  private static final int FEW = 1_000;
  private static final int MANY = 10_000;
  private static final int LEVELS = 5;
  private static final int WIDE = 10;

  private final Path folder;
  private final Report report;

  FanOutBench(Path folder, Report report) {
    this.folder = folder;
    this.report = report;
  }

  void measure() throws InterruptedException {
    try (var errand = Errand.open(folder.resolve("fan-out.db"))) {
      errand.register(
          Agent.named("node").limits(was -> was.withChildren(PLACES)).program(this::node).build());
      errand.worker().concurrency(PLACES).start();
      run(errand, FEW, 1);
      double few = run(errand, FEW, 1);
      double many = run(errand, MANY, 1);
      line("1,000 children, 64 at a time", few, "");
      line("10,000 children, 64 at a time", many, "%.2f times as long".formatted(many / few));
      line("5 levels of 10 children each: 111,110 jobs", run(errand, WIDE, LEVELS), heap());
    }
  }

  private void line(String what, double millis, String more) {
    var text = String.format(Locale.ROOT, "%.2f ms per job", millis);
    report.line("fan-out", what, more.isEmpty() ? text : text + ", " + more);
  }

  private static String heap() {
    var runtime = Runtime.getRuntime();
    return "of a heap of %d MB".formatted(runtime.maxMemory() >> 20);
  }

  /// A tree, in milliseconds per job of it.
  private double run(Errand errand, int children, int levels) throws InterruptedException {
    long start = System.nanoTime();
    var job =
        errand.submit(
            Agent.named("node").limits(was -> was.withChildren(PLACES)).program(this::node).build(),
            spec -> spec.var("children", children).var("levels", levels));
    int jobs = job.await(LONG).value(Integer.class);
    return (System.nanoTime() - start) / 1e6 / jobs;
  }

  /// How many jobs there are below this one.
  private Object node(JobScope job) {
    int levels = job.var("levels", Integer.class);
    if (levels == 0) {
      return 0;
    }
    int children = job.var("children", Integer.class);
    List<SubTaskHandler> handlers = new ArrayList<>();
    for (int n = 0; n < children; n++) {
      handlers.add(
          job.start(SubTaskSpec.of("node").var("children", children).var("levels", levels - 1)));
    }
    return children
        + job.awaitAll(handlers).stream().mapToInt(child -> child.result(Integer.class)).sum();
  }
}
