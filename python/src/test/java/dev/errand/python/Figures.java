package dev.errand.python;

import dev.errand.job.CodeBlock;
import dev.errand.job.JobId;
import dev.errand.job.Limits;
import dev.errand.job.Value;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.RecordingHost;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Measures what a workspace costs without an engine and a store: a program, not a test.
///
/// Its arguments: how many children, and optionally the interpreter.
final class Figures {
  private static final CodeBlock ONE_STATEMENT = CodeBlock.python("x = 1");

  private final WorkspaceRuntime runtime;
  private final int children;

  private Figures(WorkspaceRuntime runtime, int children) {
    this.runtime = runtime;
    this.children = children;
  }

  public static void main(String[] args) throws Exception {
    int children = args.length > 0 ? Integer.parseInt(args[0]) : 1000;
    var builder = CPythonRuntime.builder();
    if (args.length > 1) {
      builder.interpreter(Path.of(args[1]));
    }
    long start = System.nanoTime();
    try (var runtime = builder.build()) {
      var figures = new Figures(runtime, children);
      figures.activate(null, 1);
      say("first activation, interpreter included: %.0f ms", millisSince(start));
      for (int round = 1; round <= 3; round++) {
        say("-- round %d", round);
        figures.all();
      }
    }
  }

  private void all() throws Exception {
    say("activation, empty: %s", percentiles(activate(null, 300)));
    say("activation, 10 variables: %s", percentiles(activate(small(), 300)));
    roundTrips();
    var child = delegations();
    for (int threads : new int[] {1, 2, 4, 8, 16}) {
      fanOut(child, threads);
    }
  }

  private double[] activate(Host.@Nullable Snapshot begin, int times) {
    var took = new double[times];
    for (int i = 0; i < times; i++) {
      var host = new RecordingHost(new JobId("figures")).startingFrom(begin);
      long start = System.nanoTime();
      try (var workspace = open(host.state())) {
        finish(workspace, ONE_STATEMENT, host);
        took[i] = millisSince(start);
      }
    }
    return took;
  }

  private Host.Snapshot small() {
    var host = new RecordingHost(new JobId("figures"));
    try (var workspace = open(null)) {
      var source =
          """
          import json
          a, b, c, d = 1, 'two', [3], {'four': 5}
          def f(x): return x + a
          class C:
              def __init__(self): self.v = 1
          o = C(); g = lambda: o; h = (1, 2); i = {1}; j = 1.5
          """;
      finish(workspace, CodeBlock.python(source), host);
    }
    return required(host.marks().getLast().snapshot());
  }

  private static Host.Snapshot required(Host.@Nullable Snapshot snapshot) {
    return Objects.requireNonNull(snapshot, "nothing was kept");
  }

  private void roundTrips() {
    int calls = 5000;
    var host = new RecordingHost(new JobId("figures")).tool("echo", ignored -> Value.of(1));
    try (var workspace = open(null)) {
      long start = System.nanoTime();
      finish(workspace, CodeBlock.python("for i in range(%d): echo(i)".formatted(calls)), host);
      say("host call and answer: %.3f ms", millisSince(start) / calls);
      start = System.nanoTime();
      finish(workspace, CodeBlock.python("y = echo(1)\n".repeat(500)), host);
      say("statement with a call and a checkpoint: %.3f ms", millisSince(start) / 500);
      start = System.nanoTime();
      for (int i = 0; i < 1000; i++) {
        finish(workspace, CodeBlock.python("z = " + i), host);
      }
      say("block of one statement: %.3f ms", millisSince(start) / 1000);
    }
  }

  private Host.Snapshot delegations() {
    var host = new RecordingHost(new JobId("figures"));
    try (var workspace = open(null)) {
      long start = System.nanoTime();
      var source =
          """
          import re
          def words(text):
              return len(re.findall('[a-z]+', text))
          def analyse(name, text):
              return {'name': name, 'words': words(text)}
          """;
      finish(workspace, CodeBlock.python(source), host);
      var fanOut = "hs = [delegate(analyse, f'file{i}', 'some text ' * 20) for i in range(";
      finish(workspace, CodeBlock.python(fanOut + children + ")]"), host);
      say("delegate: %.3f ms each", millisSince(start) / children);
    }
    return required(host.childJobs().getLast().request().workspace());
  }

  private void fanOut(Host.Snapshot child, int threads) throws Exception {
    var call = new CodeBlock(CodeBlock.Kind.CALL, "analyse");
    double java = Cpu.ofThisProcess();
    double python = Cpu.ofItsChildren();
    long start = System.nanoTime();
    try (var pool = Executors.newFixedThreadPool(threads, Thread.ofVirtual().factory())) {
      var runs =
          IntStream.range(0, children)
              .<Future<?>>mapToObj(i -> pool.submit(() -> runChild(child, call)))
              .toList();
      for (var run : runs) {
        run.get();
      }
    }
    double took = millisSince(start);
    say(
        "%d children, %d at a time: %.0f per second; CPU each: Java %.2f ms, Python %.2f ms",
        children,
        threads,
        1000 * children / took,
        (Cpu.ofThisProcess() - java) / children,
        (Cpu.ofItsChildren() - python) / children);
  }

  private void runChild(Host.Snapshot child, CodeBlock call) {
    var host = new RecordingHost(new JobId("figures.1")).asSubtask().startingFrom(child);
    try (var workspace = open(host.state())) {
      finish(workspace, call, host);
    }
  }

  private Workspace open(WorkspaceRuntime.@Nullable State state) {
    return runtime.open(
        new WorkspaceRuntime.Opening(
            new JobId("figures"),
            "main",
            true,
            Limits.DEFAULT,
            List.of(new WorkspaceRuntime.ToolSignature("echo", "", List.of("value"))),
            state));
  }

  private static void finish(Workspace workspace, CodeBlock block, RecordingHost host) {
    var ending = workspace.run(host.again(block), host);
    if (!(ending instanceof Workspace.Ending.Finished(var mark, var ignored, var shown))) {
      throw new IllegalStateException("It did not finish: " + ending);
    }
    host.over(mark);
  }

  private static String percentiles(double[] took) {
    Arrays.sort(took);
    return "p50 %.2f ms, p90 %.2f ms, p99 %.2f ms"
        .formatted(took[took.length / 2], took[took.length * 9 / 10], took[took.length * 99 / 100]);
  }

  private static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  private static void say(String format, Object... arguments) {
    System.out.printf(format + "%n", arguments);
  }
}
