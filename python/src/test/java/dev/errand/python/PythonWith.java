package dev.errand.python;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// Looks for a Python that has packages: `-Derrand.python`, the `python3` of the `PATH`, the
/// system's.
final class PythonWith {
  private PythonWith() {}

  /// The first that has them all; an error that says what to install where there is none.
  static Path packages(String... names) throws IOException, InterruptedException {
    var found =
        Stream.of(System.getProperty("errand.python", "python3"), "python3", "/usr/bin/python3")
            .filter(command -> !command.contains("/") || Files.exists(Path.of(command)))
            .map(Interpreter::find)
            .distinct()
            .toList();
    for (var python : found) {
      if (imports(python, names)) {
        return python;
      }
    }
    throw new AssertionError(
        "None of "
            + found
            + " has "
            + String.join(", ", names)
            + ". Install them, on Debian with: apt-get install python3-"
            + String.join(" python3-", names));
  }

  private static boolean imports(Path python, String... names)
      throws IOException, InterruptedException {
    var command = List.of(python.toString(), "-s", "-c", "import " + String.join(", ", names));
    return new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  /// A runtime of the `python3` of the `PATH`, or of another that `-Derrand.python=PATH` names.
  static CPythonRuntime chosen() {
    return chosen(Isolation.BEST_EFFORT);
  }

  static CPythonRuntime chosen(Isolation isolation) {
    return chosen(builder -> builder.isolation(isolation));
  }

  static CPythonRuntime chosen(UnaryOperator<CPythonRuntime.Builder> settings) {
    var interpreter = System.getProperty("errand.python");
    var builder = settings.apply(CPythonRuntime.builder());
    return (interpreter == null ? builder : builder.interpreter(Path.of(interpreter))).build();
  }
}
