package dev.errand.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;

/// The same steps in plain Python processes that write their whole namespace after each: with
/// `pickle`, and with `dill` and `cloudpickle` where they are installed.
final class PickleBench {
  private final Path folder;
  private final Report report;

  PickleBench(Path folder, Report report) {
    this.folder = folder;
    this.report = report;
  }

  void measure() throws IOException, InterruptedException {
    var script = folder.resolve("whole_namespace.py");
    try (var content =
        Objects.requireNonNull(getClass().getResourceAsStream("whole_namespace.py"))) {
      Files.copy(content, script);
    }
    var seen = new LinkedHashSet<String>();
    for (var python : List.of("python3", "/usr/bin/python3")) {
      for (var line : lines(python, script)) {
        var columns = line.split("\t", -1);
        if (columns.length == 3 && seen.add(columns[0] + columns[1])) {
          report.line(columns[0], columns[1], columns[2]);
        }
      }
    }
  }

  private List<String> lines(String python, Path script) throws IOException, InterruptedException {
    Process process;
    try {
      process =
          new ProcessBuilder(python, script.toString(), folder.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
    } catch (IOException absent) {
      return List.of();
    }
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said.lines().toList();
  }
}
