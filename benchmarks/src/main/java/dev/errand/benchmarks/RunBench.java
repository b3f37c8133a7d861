package dev.errand.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// `./errand run` of a one-line file, as a whole process, after the build.
final class RunBench {
  private static final int ROUNDS = 7;
  private final Path folder;
  private final Report report;

  RunBench(Path folder, Report report) {
    this.folder = folder;
    this.report = report;
  }

  void measure() throws IOException, InterruptedException {
    var launcher = new File(System.getenv().getOrDefault("ERRAND_HOME", "."), "errand");
    if (!launcher.canExecute()) {
      report.line(
          "run",
          "./errand run of one line",
          String.format(Locale.ROOT, "not measured: no launcher at %s", launcher));
      return;
    }
    var file = Files.writeString(folder.resolve("one.py"), "print('hello')\n");
    var seconds = new double[ROUNDS];
    for (int round = -1; round < ROUNDS; round++) {
      long start = System.nanoTime();
      run(List.of(launcher.getPath(), "run", file.toString(), "--store", store(round)));
      if (round >= 0) {
        seconds[round] = (System.nanoTime() - start) / 1e9;
      }
    }
    report.line(
        "run",
        "./errand run of one line",
        String.format(Locale.ROOT, "%.2f s wall (median of %d)", Report.median(seconds), ROUNDS));
  }

  private String store(int round) {
    return folder.resolve("run" + round + ".db").toString();
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    var process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int code = process.waitFor();
    if (code != 0) {
      throw new IllegalStateException(command + " ended with " + code);
    }
  }
}
