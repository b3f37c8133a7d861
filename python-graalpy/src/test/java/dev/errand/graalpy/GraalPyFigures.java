package dev.errand.graalpy;

import dev.errand.job.CodeBlock;
import dev.errand.job.JobId;
import dev.errand.job.Limits;
import dev.errand.python.CPythonRuntime;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.RecordingHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Measures what workspaces cost here and on CPython; carried out only when it is asked for by
/// name.
///
/// Times are processor time of the application with all its processes, as Linux counts it, so that
/// what else the machine does matters little.
class GraalPyFigures {
  private static final int WORKSPACES = 20;
  private static final int STEPS = 2000;
  private static final String LOOP =
      "def loop():\n    t = 0\n    for i in range(300000):\n        t += i % 7\n    return t\n";

  @Test
  void say_what_a_workspace_costs() {
    for (Supplier<WorkspaceRuntime> made :
        List.<Supplier<WorkspaceRuntime>>of(CPythonRuntime::create, GraalPyRuntime::create)) {
      double before = processorMillis();
      try (var runtime = made.get()) {
        var open = new ArrayList<Workspace>();
        open.add(opened(runtime));
        System.out.println(runtime.name());
        say("first workspace: %.0f ms", processorMillis() - before);
        measure(runtime, open);
        open.forEach(Workspace::close);
      }
    }
  }

  private static void measure(WorkspaceRuntime runtime, List<Workspace> open) {
    double memory = megabytes();
    double before = processorMillis();
    for (int i = 0; i < WORKSPACES; i++) {
      open.add(opened(runtime));
    }
    say("a further workspace: %.1f ms", (processorMillis() - before) / WORKSPACES);
    say("memory of a workspace: %.1f MB", (megabytes() - memory) / WORKSPACES);
    steps(open.getLast());
    before = processorMillis();
    steps(open.getLast());
    say("a step of one statement: %.3f ms", (processorMillis() - before) / STEPS);
    say("a loop of 300,000 turns, the first time: %.0f ms", median(open.stream().limit(9), 0));
    say("the fifth time: %.0f ms", median(open.stream().limit(9), 3));
  }

  private static void steps(Workspace workspace) {
    for (int i = 0; i < STEPS; i++) {
      run(workspace, "x" + i % 10 + " = " + i);
    }
  }

  /// That of the loop in each, after it was carried out so often.
  private static double median(Stream<Workspace> workspaces, int times) {
    var took =
        workspaces
            .mapToDouble(
                workspace -> {
                  run(workspace, LOOP);
                  IntStream.range(0, times).forEach(ignored -> run(workspace, "loop()"));
                  double before = processorMillis();
                  run(workspace, "loop()");
                  return processorMillis() - before;
                })
            .sorted()
            .toArray();
    return took[took.length / 2];
  }

  private static Workspace opened(WorkspaceRuntime runtime) {
    var workspace =
        runtime.open(
            new WorkspaceRuntime.Opening(
                new JobId("figures"), "main", true, Limits.DEFAULT, List.of(), null));
    run(workspace, "x = 1");
    return workspace;
  }

  private static void run(Workspace workspace, String source) {
    var host = new RecordingHost(new JobId("figures"));
    if (!(workspace.run(host.again(CodeBlock.python(source)), host)
        instanceof Workspace.Ending.Finished)) {
      throw new AssertionError("It did not finish");
    }
  }

  /// That of this process, its descendants, and what these have waited for.
  private static double processorMillis() {
    var here =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return here.getProcessCpuTime() / 1e6
        + ProcessHandle.current().descendants().mapToDouble(GraalPyFigures::ofProcess).sum();
  }

  /// Its own is told to the nanosecond, that of the ended in hundredths of a second.
  private static double ofProcess(ProcessHandle process) {
    var own = read(process, "schedstat").split(" ", -1)[0];
    var text = read(process, "stat");
    var fields = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(own) / 1e6
        + 10.0 * (Long.parseLong(fields[13]) + Long.parseLong(fields[14]));
  }

  /// What is alive of this process's heap, and what its descendants hold in proportion.
  private static double megabytes() {
    System.gc();
    double heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    return heap / (1 << 20)
        + ProcessHandle.current().descendants().mapToDouble(GraalPyFigures::heldBy).sum();
  }

  private static double heldBy(ProcessHandle process) {
    var line =
        read(process, "smaps_rollup").lines().filter(text -> text.startsWith("Pss:")).findFirst();
    return Double.parseDouble(line.orElseThrow().replaceAll("\\D", "")) / 1024;
  }

  private static String read(ProcessHandle process, String file) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(process.pid()), file));
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  @SuppressWarnings("AnnotateFormatMethod") // one value, of one type
  private static void say(String format, double value) {
    System.out.printf(format + "%n", value);
  }
}
