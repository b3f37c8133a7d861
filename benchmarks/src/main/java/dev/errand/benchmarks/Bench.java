package dev.errand.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Measures Errand on this machine and prints one line per figure: `./errand bench
/// [engine|turns|fan-out|python|workspace|park|objects|memory|isolation|run]…`.
///
/// Every figure is a median over rounds in one sitting, with the disk's own fsync beside it:
/// compare ratios.
public final class Bench {
  private static final List<String> PARTS =
      List.of(
          "engine",
          "turns",
          "fan-out",
          "python",
          "workspace",
          "park",
          "objects",
          "memory",
          "isolation",
          "run");

  private Bench() {}

  /// Runs the named parts, all of them by default.
  public static void main(String... arguments) throws Exception {
    var chosen = arguments.length == 0 ? PARTS : Arrays.asList(arguments);
    for (var part : chosen) {
      if (!PARTS.contains(part)) {
        System.err.println("bench: no part " + part + "; there are " + PARTS);
        System.exit(2);
      }
    }
    var folder = Files.createTempDirectory(Path.of("").toAbsolutePath(), ".errand-bench-");
    try {
      var report = new Report(System.out);
      report.machine();
      report.fsync(folder);
      if (chosen.contains("engine")) {
        new EngineBench(folder, report).measure();
      }
      if (chosen.contains("turns")) {
        new TurnsBench(folder, report).measure();
      }
      if (chosen.contains("fan-out")) {
        new FanOutBench(folder, report).measure();
      }
      if (chosen.contains("python")) {
        new PythonBench(folder, report).measure();
      }
      if (chosen.contains("workspace")) {
        new WorkspaceBench(folder, report).measure();
      }
      if (chosen.contains("park")) {
        new ParkBench(folder, report).measure();
      }
      if (chosen.contains("objects")) {
        new ObjectsBench(folder, report).measure();
      }
      if (chosen.contains("memory")) {
        new MemoryBench(folder, report).measure();
      }
      if (chosen.contains("isolation")) {
        new IsolationBench(report).measure();
      }
      if (chosen.contains("run")) {
        new RunBench(folder, report).measure();
      }
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
