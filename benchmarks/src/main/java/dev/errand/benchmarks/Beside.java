package dev.errand.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;

/// What a plain Python measures of itself beside us: a script whose lines have the three columns of
/// a report.
record Beside(Path folder, Report report) {
  /// Runs it by each of these that is installed; of lines about the same, the first one counts.
  void measure(String name, String... pythons) throws IOException, InterruptedException {
    var script = folder.resolve(name);
    try (var content = Objects.requireNonNull(getClass().getResourceAsStream(name))) {
      Files.copy(content, script);
    }
    var seen = new LinkedHashSet<String>();
    for (var python : pythons) {
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
