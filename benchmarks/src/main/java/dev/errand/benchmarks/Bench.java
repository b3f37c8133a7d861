package dev.errand.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Measures Errand on this machine and prints one line per figure: `./errand bench
/// [engine|turns|fan-out|python|workspace|park|objects|memory|isolation|run]…`, and with `--store
/// jdbc:postgresql://…` what it costs on that database, part `postgres`.
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

  private static final String POSTGRES = "postgres";

  private Bench() {}

  /// Runs the named parts, all of them that need no database by default.
  ///
  /// Where the part `postgres` is chosen, the last argument is the url of its database, which
  /// should have nothing in it.
  public static void main(String... arguments) throws Exception {
    var chosen = new ArrayList<>(arguments.length == 0 ? PARTS : Arrays.asList(arguments));
    boolean isDatabase = !chosen.isEmpty() && chosen.getLast().startsWith("jdbc:");
    var url = isDatabase ? chosen.removeLast() : "";
    for (var part : chosen) {
      if (!PARTS.contains(part) && !part.equals(POSTGRES)) {
        refuse("no part " + part + "; there are " + PARTS + " and " + POSTGRES);
      }
    }
    if (url.isEmpty() == chosen.contains(POSTGRES)) {
      refuse("the part postgres, and only it, is measured with --store jdbc:postgresql://…");
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
      if (chosen.contains(POSTGRES)) {
        new PostgresBench(url, report).measure();
      }
    } finally {
      delete(folder);
    }
  }

  private static void refuse(String why) {
    System.err.println("bench: " + why);
    System.exit(2);
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
