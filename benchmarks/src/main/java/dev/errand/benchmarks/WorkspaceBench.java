package dev.errand.benchmarks;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.job.Limits;
import dev.errand.job.ModelException;
import dev.errand.job.Outcome;
import dev.errand.job.Usage;
import dev.errand.python.CPythonRuntime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What it costs to keep a workspace: turns of one job, each a block of code whose end is durable.
///
/// A step is the time from one request to the model to the next; the model answers at once. What is
/// written is all that this process writes meanwhile, by Linux's count: to the store's log, and to
/// Python; the median over the steps, so that moving the log into the file, which happens now and
/// then, is left out. Beside it, in the same sitting, the same statements in a plain Python that
/// pickles its whole namespace to a file after each and syncs it.
final class WorkspaceBench {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int SMALL_STEPS = 150;

  /// The steps after which what is large is stored.
  private static final int LARGE_STORED = 2;

  private static final Duration REST = Duration.ofMillis(500);

  private final Path folder;
  private final Report report;
  private int stores;

  WorkspaceBench(Path folder, Report report) {
    this.folder = folder;
    this.report = report;
  }

  void measure() throws IOException, InterruptedException {
    small();
    for (var kind : Kind.values()) {
      large(kind);
    }
    statements();
    frame();
    new Beside(folder, report).measure("whole_namespace.py", "python3", "/usr/bin/python3");
  }

  /// What fifty million bytes can be.
  private enum Kind {
    BYTES("bytes", "import random", "big = random.randbytes(50_000_000)"),
    STRINGS(
        "list of 50,000 strings", "pass", "big = [f'{i:06d}' + 'x' * 994 for i in range(50_000)]"),
    DICT(
        "dict of 50,000 strings",
        "pass",
        "big = {i: f'{i:06d}' + 'x' * 994 for i in range(50_000)}"),
    INTS("list of 6 million ints", "pass", "big = list(range(1000, 6_001_000))");

    private final String title;
    private final String before;
    private final String code;

    Kind(String title, String before, String code) {
      this.title = title;
      this.before = before;
      this.code = code;
    }
  }

  private void small() throws IOException, InterruptedException {
    var steps = IntStream.range(0, 1001).mapToObj(i -> "x%d = %d".formatted(i, i)).toList();
    var run = run(true, steps);
    run(true, steps);
    var again = run(true, steps);
    report.line(
        "keep",
        "step, one new small variable (steps 1 to 200)",
        figures(again.millis(0, 200), again.bytes(0, 200)));
    report.line(
        "keep",
        "  step 950 to 1,000 against step 25 to 75",
        String.format(
            Locale.ROOT,
            "%.2f times (p50), %.2f times in the run before",
            Report.median(again.millis(950, 1000)) / Report.median(again.millis(25, 75)),
            Report.median(run.millis(950, 1000)) / Report.median(run.millis(25, 75))));
  }

  private void large(Kind kind) throws IOException, InterruptedException {
    var steps = new ArrayList<String>();
    steps.add(kind.before);
    steps.add(kind.code);
    IntStream.range(0, SMALL_STEPS).forEach(i -> steps.add("s%d = %d".formatted(i, i)));
    int written = steps.size();
    if (kind == Kind.STRINGS) {
      IntStream.range(0, SMALL_STEPS)
          .forEach(i -> steps.add("big[%d] = 'y' * 1000".formatted(i * 331)));
      IntStream.range(0, SMALL_STEPS).forEach(i -> steps.add("total = sum(map(len, big))"));
    }
    steps.add("0");
    var run = run(true, steps);
    report.line(
        "keep",
        "first store of 50 MB, " + kind.title,
        String.format(Locale.ROOT, "%.0f ms, making it included", run.millis(1, 2)[0]));
    report.line(
        "keep",
        "  small step beside it",
        figures(run.millis(2, 2 + SMALL_STEPS), run.bytes(2, 2 + SMALL_STEPS)));
    if (kind == Kind.STRINGS) {
      report.line(
          "keep",
          "  write one element",
          figures(
              run.millis(written, written + SMALL_STEPS),
              run.bytes(written, written + SMALL_STEPS)));
      report.line(
          "keep",
          "  read all of it",
          figures(
              run.millis(written + SMALL_STEPS, written + 2 * SMALL_STEPS),
              run.bytes(written + SMALL_STEPS, written + 2 * SMALL_STEPS)));
    }
  }

  /// Statements of one block, of which none is due a checkpoint.
  private void statements() throws IOException, InterruptedException {
    int count = 2000;
    var many = String.join("\n", Collections.nCopies(count, "x = x + 1"));
    var steps = List.of("x = 0", many, "x = 0", many, "x = 0", many, "x = 0");
    var run = run(true, steps);
    report.line(
        "keep",
        "statement without a checkpoint, all in all",
        String.format(
            Locale.ROOT,
            "%.1f us",
            (Stream.of(1, 3, 5).mapToDouble(i -> run.millis(i, i + 1)[0]).min().orElseThrow()
                    - Report.median(run.millis(2, 3)))
                * 1000
                / count));
  }

  private void frame() throws IOException, InterruptedException {
    var python = Path.of("/usr/bin/python3");
    var steps = new ArrayList<String>();
    steps.add("import numpy, pandas");
    steps.add("frame = pandas.DataFrame(numpy.random.rand(625_000, 10))");
    IntStream.range(0, SMALL_STEPS).forEach(i -> steps.add("s%d = %d".formatted(i, i)));
    IntStream.range(0, SMALL_STEPS)
        .forEach(i -> steps.add("frame.iat[%d, %d] = 1.5".formatted(i * 331, i % 10)));
    steps.add("0");
    try {
      var run = run(false, steps, python);
      report.line(
          "keep",
          "first store of a DataFrame of 50 MB",
          String.format(Locale.ROOT, "%.0f ms, making it included", run.millis(1, 2)[0]));
      report.line(
          "keep",
          "  small step beside it",
          figures(run.millis(2, 2 + SMALL_STEPS), run.bytes(2, 2 + SMALL_STEPS)));
      report.line(
          "keep",
          "  write one cell",
          figures(
              run.millis(2 + SMALL_STEPS, 2 + 2 * SMALL_STEPS),
              run.bytes(2 + SMALL_STEPS, 2 + 2 * SMALL_STEPS)));
    } catch (IllegalStateException missing) {
      report.line("keep", "a DataFrame of 50 MB", "not measured: " + missing.getMessage());
    }
  }

  private static String figures(double[] millis, double[] bytes) {
    return String.format(
        Locale.ROOT,
        "p50 %.2f ms, %,.0f bytes written (%,.0f on average)",
        Report.median(millis),
        Report.median(bytes),
        Arrays.stream(bytes).average().orElseThrow());
  }

  private Script run(boolean restricted, List<String> steps)
      throws IOException, InterruptedException {
    return run(restricted, steps, null);
  }

  private Script run(boolean restricted, List<String> steps, @Nullable Path python)
      throws IOException, InterruptedException {
    var file = folder.resolve("workspace" + stores++ + ".db");
    var script = new Script(steps);
    var agent =
        Agent.named("script")
            .model(script)
            .restricted(restricted)
            .limits(Limits.DEFAULT.withBlockTime(LONG).withTurns(steps.size() + 2))
            .build();
    var builder = Errand.builder();
    if (python != null) {
      builder.runtime(CPythonRuntime.builder().interpreter(python).build());
    }
    try (var errand = builder.open(file)) {
      errand.worker().concurrency(1).start();
      errand.submit(Agent.named("first").build(), spec -> spec.code("1")).await(LONG);
      var outcome = errand.submit(agent).await(LONG);
      if (!(outcome instanceof Outcome.Succeeded)) {
        throw new IllegalStateException("The steps ended as " + outcome);
      }
    }
    Files.deleteIfExists(file);
    return script;
  }

  /// When a step began or was over, and how much had been written until then.
  private record Moment(long nanos, long bytes) {}

  /// Answers with one step after another, and takes note of when it is asked.
  private static final class Script implements Model {
    private final List<String> steps;
    private final Moment[] over;
    private final Moment[] begun;
    private int asked;

    Script(List<String> steps) {
      this.steps = steps;
      this.over = new Moment[steps.size() + 1];
      this.begun = new Moment[steps.size() + 1];
    }

    @Override
    public Reply reply(Request request) {
      try {
        over[asked] = new Moment(System.nanoTime(), written());
        begun[asked] = over[asked];
        if (asked == LARGE_STORED) {
          rest();
          begun[asked] = new Moment(System.nanoTime(), written());
        }
      } catch (IOException gone) {
        throw new UncheckedIOException(gone);
      }
      if (asked == steps.size()) {
        return new Reply("Done.", Usage.NONE);
      }
      var last = request.messages().getLast().text();
      if (last.contains("Traceback")) {
        throw new ModelException(last);
      }
      return new Reply("```python\n" + steps.get(asked++) + "\n```", Usage.NONE);
    }

    /// Waits until the background has moved what was stored from the log into the file.
    private static void rest() throws IOException {
      long before = -1;
      for (long now = written(); now != before && !Thread.interrupted(); now = written()) {
        before = now;
        LockSupport.parkNanos(REST.toNanos());
      }
    }

    private static long written() throws IOException {
      var counts = Path.of("/proc/self/io");
      if (!Files.isReadable(counts)) {
        return 0;
      }
      return Files.readAllLines(counts).stream()
          .filter(line -> line.startsWith("wchar:"))
          .mapToLong(line -> Long.parseLong(line.substring(6).trim()))
          .sum();
    }

    /// How long each of these steps took.
    double[] millis(int from, int to) {
      return IntStream.range(from, to)
          .mapToDouble(i -> (over[i + 1].nanos - begun[i].nanos) / 1e6)
          .toArray();
    }

    /// How much was written in each of these steps.
    double[] bytes(int from, int to) {
      return IntStream.range(from, to)
          .mapToDouble(i -> over[i + 1].bytes - begun[i].bytes)
          .toArray();
    }
  }
}
