package dev.errand.graalpy;

import dev.errand.job.CodeBlock;
import dev.errand.job.JobId;
import dev.errand.job.Limits;
import dev.errand.python.CPythonRuntime;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.RecordingHost;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/// Measures what workspaces cost here and on CPython; carried out only when it is asked for by
/// name.
class GraalPyFigures {
  private static final int CONTEXTS = 40;
  private static final int STEPS = 2000;

  @Test
  void say_what_a_workspace_costs() {
    for (Supplier<WorkspaceRuntime> made :
        List.<Supplier<WorkspaceRuntime>>of(CPythonRuntime::create, GraalPyRuntime::create)) {
      long start = System.nanoTime();
      try (var runtime = made.get()) {
        open(runtime).close();
        System.out.println(
            "%s: first workspace %.0f ms".formatted(runtime.name(), millisSince(start)));
        System.out.println(
            "a further one, p50 of the second half %.1f ms".formatted(further(runtime)));
        System.out.println(
            "a step of one statement, p50 of the second half %.3f ms".formatted(step(runtime)));
        System.out.println(
            "100,000 turns of a loop, the first time %.0f ms, the fifth %.0f ms"
                .formatted(loop(runtime)));
      }
    }
  }

  private static double further(WorkspaceRuntime runtime) {
    var took = new double[CONTEXTS];
    for (int i = 0; i < CONTEXTS; i++) {
      long start = System.nanoTime();
      try (var workspace = open(runtime)) {
        run(workspace, "x = 1");
        took[i] = millisSince(start);
      }
    }
    return median(took);
  }

  private static double step(WorkspaceRuntime runtime) {
    var took = new double[STEPS];
    try (var workspace = open(runtime)) {
      for (int i = 0; i < STEPS; i++) {
        long start = System.nanoTime();
        run(workspace, "x" + i % 10 + " = " + i);
        took[i] = millisSince(start);
      }
    }
    return median(took);
  }

  private static Object[] loop(WorkspaceRuntime runtime) {
    var took = new Double[5];
    try (var workspace = open(runtime)) {
      run(
          workspace,
          "def loop():\n    t = 0\n    for i in range(100000):\n        t += i % 7\n    return t");
      for (int i = 0; i < took.length; i++) {
        long start = System.nanoTime();
        run(workspace, "loop()");
        took[i] = millisSince(start);
      }
    }
    return new Object[] {took[0], took[4]};
  }

  private static Workspace open(WorkspaceRuntime runtime) {
    return runtime.open(
        new WorkspaceRuntime.Opening(
            new JobId("figures"), "main", true, Limits.DEFAULT, List.of(), null));
  }

  private static void run(Workspace workspace, String source) {
    var host = new RecordingHost(new JobId("figures"));
    if (!(workspace.run(host.again(CodeBlock.python(source)), host)
        instanceof Workspace.Ending.Finished)) {
      throw new AssertionError("It did not finish");
    }
  }

  private static double median(double[] took) {
    var settled = Arrays.copyOfRange(took, took.length / 2, took.length);
    Arrays.sort(settled);
    return settled[settled.length / 2];
  }

  private static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }
}
