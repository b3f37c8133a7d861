package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/// The job of the demo.
///
/// @param patterns of the files to analyse, below the input directory
/// @param report the file to write
/// @param pause seconds that each child takes longer
record Demo(List<String> patterns, Path report, double pause) {
  Demo {
    patterns = List.copyOf(patterns);
  }

  /// Submits it.
  Job submit(Errand errand) {
    var directory = Objects.requireNonNull(report.toAbsolutePath().getParent());
    return errand.submit(
        DemoAgent.of(errand),
        spec ->
            spec.code(program())
                .param(DemoAgent.DIRECTORY, directory.toString())
                .var("patterns", patterns)
                .var("report", String.valueOf(report.getFileName()))
                .var("pause", pause));
  }

  /// The Python that the job carries out.
  static String program() {
    try (var code = Objects.requireNonNull(Demo.class.getResourceAsStream("demo.py"))) {
      return new String(code.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
