package dev.errand.benchmarks;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.job.Outcome;
import dev.errand.python.CPythonRuntime;
import dev.errand.spi.WorkspaceRuntime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;

/// What it costs to take up a job that was put aside: its process alone, and many jobs on few
/// processes.
final class ParkBench {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int TIMES = 300;
  private static final int TURNS = 20;

  /// So that processes have been forked ahead, and have rested.
  private static final Duration PAUSE = Duration.ofMillis(70);

  private static final int PROCESSES = 16;

  private final Path folder;
  private final Report report;
  private int stores;

  ParkBench(Path folder, Report report) {
    this.folder = folder;
    this.report = report;
  }

  void measure() throws InterruptedException {
    try (var runtime = CPythonRuntime.builder().build()) {
      var state = variables(runtime);
      var inARow = takeUp(runtime, state, Duration.ZERO);
      var alone = takeUp(runtime, state, PAUSE);
      var warm = new long[TIMES];
      try (var workspace = Alone.open(runtime, state)) {
        for (int i = 0; i < TIMES; i++) {
          long start = System.nanoTime();
          Alone.run(workspace, "x = " + i);
          warm[i] = System.nanoTime() - start;
        }
      }
      report.line(
          "park",
          "10 variables: activate, one statement, park",
          String.format(
              Locale.ROOT,
              "p50 %.2f ms in a new process, %.2f ms one right after another, %.2f ms kept warm",
              Report.millis(alone, 0.5),
              Report.millis(inARow, 0.5),
              Report.millis(warm, 0.5)));
    }
    interleave(PROCESSES);
    double few = interleave(PROCESSES);
    double many = interleave(100);
    report.line(
        "park",
        "a turn of 100 jobs that wait, 16 processes kept",
        String.format(Locale.ROOT, "%.2f ms, %.2f times one of 16 jobs", many, many / few));
  }

  /// How long each takes that is taken up so long after the one before.
  private static long[] takeUp(
      WorkspaceRuntime runtime, WorkspaceRuntime.State state, Duration pause)
      throws InterruptedException {
    var nanos = new long[TIMES];
    for (int i = 0; i < TIMES; i++) {
      Thread.sleep(pause);
      long start = System.nanoTime();
      try (var workspace = Alone.open(runtime, state)) {
        Alone.run(workspace, "x = 2");
      }
      nanos[i] = System.nanoTime() - start;
    }
    return nanos;
  }

  /// The milliseconds per wait of so many jobs, each of which waits again and again.
  private double interleave(int jobs) throws InterruptedException {
    var agent = Agent.named("waits").build();
    var wait = "x = create_sub_task(create_new_job(agent('noop'))).result";
    var code = String.join("\n", Collections.nCopies(TURNS, wait));
    try (var errand = Errand.open(folder.resolve("park" + stores++ + ".db"))) {
      errand.register(Agent.named("noop").program(job -> null).build());
      errand.worker().concurrency(PROCESSES).warmJobs(PROCESSES).start();
      long start = System.nanoTime();
      var all =
          IntStream.range(0, jobs).mapToObj(i -> errand.submit(agent, s -> s.code(code))).toList();
      for (var job : all) {
        var outcome = job.await(LONG);
        if (!(outcome instanceof Outcome.Succeeded)) {
          throw new IllegalStateException("A job that waits ended as " + outcome);
        }
      }
      return (System.nanoTime() - start) / 1e6 / (jobs * TURNS);
    }
  }

  private static WorkspaceRuntime.State variables(WorkspaceRuntime runtime) {
    var code =
        """
        import json
        a, b, c, d = 1, 'two', [3], {'four': 5}
        def f(x): return x + a
        class C:
            def __init__(self): self.v = 1
        o = C(); g = lambda: o; h = (1, 2); i = {1}; j = 1.5
        """;
    try (var workspace = Alone.open(runtime, null)) {
      var snapshot = Objects.requireNonNull(Alone.run(workspace, code).snapshot());
      return new WorkspaceRuntime.State(
          snapshot.parts().stream()
              .map(part -> new WorkspaceRuntime.Part(part.number(), part.head(), List.of()))
              .toList());
    }
  }
}
