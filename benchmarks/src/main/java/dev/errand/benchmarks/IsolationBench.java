package dev.errand.benchmarks;

import dev.errand.python.CPythonRuntime;
import dev.errand.python.Isolation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// What it costs to lock a process in: the time to have one, and the memory of one that waits.
///
/// With and without take turns, so that both meet the same machine.
final class IsolationBench {
  private static final int ROUNDS = 15;
  private static final int TIMES = 60;
  private static final int SETTLING = 200;

  private final Report report;

  IsolationBench(Report report) {
    this.report = report;
  }

  void measure() throws InterruptedException {
    try (var off = runtime(Isolation.OFF);
        var on = runtime(Isolation.BEST_EFFORT)) {
      var runtimes = new EnumMap<>(Map.of(Isolation.OFF, off, Isolation.BEST_EFFORT, on));
      off.isolation();
      on.isolation().forEach(layer -> report.line("cage", layer.toString(), ""));
      activation(runtimes);
      memory(runtimes);
    }
  }

  private static CPythonRuntime runtime(Isolation isolation) {
    return CPythonRuntime.builder().isolation(isolation).spares(0).build();
  }

  private void activation(Map<Isolation, CPythonRuntime> runtimes) {
    var took = new EnumMap<Isolation, long[]>(Isolation.class);
    for (int i = 0; i < SETTLING; i++) {
      runtimes.values().forEach(IsolationBench::activate);
    }
    for (int round = 0; round < ROUNDS; round++) {
      for (var each : runtimes.entrySet()) {
        var times = took.computeIfAbsent(each.getKey(), ignored -> new long[ROUNDS * TIMES]);
        for (int i = 0; i < TIMES; i++) {
          long start = System.nanoTime();
          activate(each.getValue());
          times[round * TIMES + i] = System.nanoTime() - start;
        }
      }
    }
    double off = Report.millis(took.get(Isolation.OFF), 0.5);
    double on = Report.millis(took.get(Isolation.BEST_EFFORT), 0.5);
    report.line(
        "cage",
        "fork, one statement, end; none forked ahead",
        String.format(Locale.ROOT, "p50 %.2f ms off, %.2f ms on: %+.2f ms", off, on, on - off));
  }

  private static void activate(CPythonRuntime runtime) {
    try (var workspace = Alone.open(runtime, null)) {
      Alone.run(workspace, "x = 1");
    }
  }

  private void memory(Map<Isolation, CPythonRuntime> runtimes) {
    var words =
        runtimes.entrySet().stream()
            .map(
                each ->
                    String.format(
                        Locale.ROOT,
                        "%.2f MB %s",
                        added(each.getValue()) / 1024.0,
                        each.getKey() == Isolation.OFF ? "off" : "on"))
            .collect(Collectors.joining(", "));
    report.line("cage", "memory that a process adds which ran one statement", words);
  }

  /// The kilobytes by which the memory of all processes grows with one that ran a statement.
  private static long added(CPythonRuntime runtime) {
    long before = proportional();
    try (var workspace = Alone.open(runtime, null)) {
      Alone.run(workspace, "x = 1");
      return proportional() - before;
    }
  }

  /// The kilobytes of all processes, what several share counted once.
  private static long proportional() {
    return ProcessHandle.current().descendants().mapToLong(process -> pss(process.pid())).sum();
  }

  /// That of a process that ends meanwhile is none.
  private static long pss(long pid) {
    try (var lines = Files.lines(Path.of("/proc", Long.toString(pid), "smaps_rollup"))) {
      return lines
          .filter(line -> line.startsWith("Pss:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    } catch (IOException | UncheckedIOException gone) {
      return 0;
    }
  }
}
