package dev.errand.benchmarks;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.DurableObject;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.Outcome;
import dev.errand.job.Value;
import dev.errand.python.CPythonRuntime;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What it costs to take up a job that was put aside: its process alone, and many jobs on few
/// processes.
final class ParkBench {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int TIMES = 300;
  private static final int TURNS = 20;
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
      var cold = new long[TIMES];
      for (int i = 0; i < TIMES; i++) {
        long start = System.nanoTime();
        try (var workspace = open(runtime, state)) {
          run(workspace, "x = 2");
        }
        cold[i] = System.nanoTime() - start;
      }
      var warm = new long[TIMES];
      try (var workspace = open(runtime, state)) {
        for (int i = 0; i < TIMES; i++) {
          long start = System.nanoTime();
          run(workspace, "x = " + i);
          warm[i] = System.nanoTime() - start;
        }
      }
      report.line(
          "park",
          "10 variables: activate, one statement, park",
          String.format(
              Locale.ROOT,
              "p50 %.2f ms in a new process, %.2f ms in one kept warm",
              Report.millis(cold, 0.5),
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
    try (var workspace = open(runtime, null)) {
      var snapshot = Objects.requireNonNull(run(workspace, code).snapshot());
      return new WorkspaceRuntime.State(
          snapshot.parts().stream()
              .map(part -> new WorkspaceRuntime.Part(part.number(), part.head(), List.of()))
              .toList());
    }
  }

  private static Workspace open(WorkspaceRuntime runtime, WorkspaceRuntime.@Nullable State state) {
    return runtime.open(
        new WorkspaceRuntime.Opening(
            new JobId("park"), "park", true, Limits.DEFAULT, List.of(), state));
  }

  private static Host.Mark run(Workspace workspace, String code) {
    var run = new Workspace.Run(0, CodeBlock.python(code), 0, 0, 0, List.of());
    if (workspace.run(run, new Nobody()) instanceof Workspace.Ending.Finished finished) {
      return finished.mark();
    }
    throw new IllegalStateException("The statement did not finish");
  }

  /// A host of code that asks for nothing.
  private static final class Nobody implements Host {
    @Override
    public void note(Mark mark) {}

    @Override
    public Json.Object job() {
      return Json.object("id", "park").with("subtask", false);
    }

    @Override
    public Value call(Mark mark, int ordinal, String tool, Json.Object arguments) {
      throw asked();
    }

    @Override
    public Child create(Mark mark, ChildRequest request) {
      throw asked();
    }

    @Override
    public Child attach(Mark mark, JobId child, Json subtaskId) {
      throw asked();
    }

    @Override
    public void complete(Mark mark, Completion completion) {
      throw asked();
    }

    @Override
    public List<Child> await(Mark mark, int ordinal, List<JobId> handlers, int needed) {
      throw asked();
    }

    @Override
    public List<Child> peek(Mark mark, int ordinal, List<JobId> handlers) {
      throw asked();
    }

    @Override
    public List<Child> children(Mark mark, int ordinal, @Nullable Json subtaskId) {
      throw asked();
    }

    @Override
    public String newObject(Mark mark, int ordinal) {
      throw asked();
    }

    @Override
    public DurableObject object(Mark mark, int ordinal, String id) {
      throw asked();
    }

    @Override
    public void change(Mark mark, int ordinal, List<DurableObject> objects) {
      throw asked();
    }

    private static IllegalStateException asked() {
      return new IllegalStateException("The code was to ask for nothing");
    }
  }
}
