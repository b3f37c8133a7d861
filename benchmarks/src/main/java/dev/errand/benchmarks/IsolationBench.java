package dev.errand.benchmarks;

import dev.errand.python.CPythonRuntime;
import dev.errand.python.Isolation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

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

  /// A runtime, and how long it took to carry out a statement in a new process, again and again.
  private static final class Measured {
    private final CPythonRuntime runtime;
    private final long[] nanos = new long[ROUNDS * TIMES];
    private final long[] statements = new long[ROUNDS * TIMES];

    Measured(Isolation isolation) {
      this.runtime = CPythonRuntime.builder().isolation(isolation).spares(0).build();
    }

    double millis() {
      return Report.millis(nanos, 0.5);
    }

    double statementMillis() {
      return Report.millis(statements, 0.5);
    }
  }

  void measure() {
    var off = new Measured(Isolation.OFF);
    var on = new Measured(Isolation.BEST_EFFORT);
    try (off.runtime;
        on.runtime) {
      on.runtime.isolation().forEach(layer -> report.line("cage", layer.toString(), ""));
      takeTurns(List.of(off, on));
      report.line(
          "cage",
          "fork, one statement, end; none forked ahead",
          String.format(
              Locale.ROOT,
              "p50 %.2f ms off, %.2f ms on: %+.2f ms",
              off.millis(),
              on.millis(),
              on.millis() - off.millis()));
      report.line(
          "cage",
          "a block of one statement in an open workspace",
          String.format(
              Locale.ROOT,
              "p50 %.3f ms off, %.3f ms on",
              off.statementMillis(),
              on.statementMillis()));
      report.line(
          "cage",
          "memory that a process adds which ran a statement",
          String.format(
              Locale.ROOT, "%.2f MB off, %.2f MB on", added(off.runtime), added(on.runtime)));
    }
  }

  private static void takeTurns(List<Measured> both) {
    for (int i = 0; i < SETTLING; i++) {
      both.forEach(one -> activate(one.runtime));
    }
    for (int round = 0; round < ROUNDS; round++) {
      for (var one : both) {
        for (int i = 0; i < TIMES; i++) {
          long start = System.nanoTime();
          activate(one.runtime);
          one.nanos[round * TIMES + i] = System.nanoTime() - start;
        }
        carryOut(one, round);
      }
    }
  }

  /// One statement after the other in one process.
  private static void carryOut(Measured one, int round) {
    try (var workspace = Alone.open(one.runtime, null)) {
      Alone.run(workspace, "x = 1");
      for (int i = 0; i < TIMES; i++) {
        long start = System.nanoTime();
        Alone.run(workspace, "x = 1");
        one.statements[round * TIMES + i] = System.nanoTime() - start;
      }
    }
  }

  private static void activate(CPythonRuntime runtime) {
    try (var workspace = Alone.open(runtime, null)) {
      Alone.run(workspace, "x = 1");
    }
  }

  /// The megabytes by which the memory of all processes grows with one that ran a statement.
  private static double added(CPythonRuntime runtime) {
    long before = settled();
    try (var workspace = Alone.open(runtime, null)) {
      Alone.run(workspace, "x = 1");
      return (proportional() - before) / 1024.0;
    }
  }

  /// The same once processes that were told to end have ended.
  private static long settled() {
    long last;
    long now = proportional();
    do {
      last = now;
      now = proportional();
    } while (now != last);
    return now;
  }

  /// The kilobytes of all processes, what several share counted once.
  private static long proportional() {
    return ProcessHandle.current()
        .descendants()
        .mapToLong(process -> proportional(process.pid()))
        .sum();
  }

  /// That of a process that ends meanwhile is none.
  private static long proportional(long pid) {
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
