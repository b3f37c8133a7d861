package dev.errand.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Jobs whose models take 2 s for each answer, each time in a JVM of its own with a small heap.
final class SlowModelBench {
  private static final int MANY = 2_000;
  private static final int FEW = 64;
  private static final int PLACES = 16;

  private final Path folder;
  private final Report report;

  SlowModelBench(Path folder, Report report) {
    this.folder = folder;
    this.report = report;
  }

  void measure() throws IOException, InterruptedException {
    run(MANY, MANY);
    run(FEW, PLACES);
  }

  private void run(int jobs, int places) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx512m");
    command.add("-Xlog:disable");
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    var file = folder.resolve("slow-" + jobs + ".db");
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            SlowModels.class.getName(),
            file.toString(),
            Integer.toString(jobs),
            Integer.toString(places)));
    var output = File.createTempFile("slow", ".txt", folder.toFile());
    int code =
        new ProcessBuilder(command)
            .redirectOutput(output)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start()
            .waitFor();
    if (code != 0) {
      throw new IllegalStateException("The JVM with " + jobs + " slow models ended with " + code);
    }
    try (var lines = Files.lines(output.toPath())) {
      lines.forEach(report::passOn);
    }
  }
}
