package dev.errand.python;

import dev.errand.job.WorkspaceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Finds the Python to run: the program itself, not a script that stands before it.
final class Interpreter {
  private static final String ADVICE =
      "Install Python 3.10 or later as python3, or name one with"
          + " CPythonRuntime.builder().interpreter(path).";
  private static final int PATIENCE_SECONDS = 20;

  private Interpreter() {}

  /// The program that `command` leads to: a path, or a name to look up on the `PATH`.
  ///
  /// @throws WorkspaceException if there is none
  static Path find(String command) {
    var found =
        locate(command)
            .orElseThrow(() -> new WorkspaceException("There is no " + command + ". " + ADVICE));
    return isScript(found) ? ask(found) : found;
  }

  /// What a Python that is too old, or none at all, is answered with.
  static WorkspaceException unusable(String what) {
    return new WorkspaceException(what + " " + ADVICE);
  }

  private static Optional<Path> locate(String command) {
    if (command.contains("/")) {
      return Optional.of(Path.of(command)).filter(Files::isExecutable);
    }
    var path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/local/bin:/usr/bin:/bin");
    return Arrays.stream(path.split(":", -1))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, command))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static boolean isScript(Path program) {
    try (var content = Files.newInputStream(program)) {
      return content.read() == '#' && content.read() == '!';
    } catch (IOException unreadable) {
      return false;
    }
  }

  private static Path ask(Path script) {
    try {
      var process =
          new ProcessBuilder(List.of(script.toString(), "-c", "import sys; print(sys.executable)"))
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        var answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!answer.isBlank()) {
          return Path.of(answer.strip());
        }
      }
      process.destroyForcibly();
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
    } catch (IOException notRun) {
      throw new WorkspaceException(script + " cannot be run. " + ADVICE, notRun);
    }
    throw unusable(script + " does not lead to a Python.");
  }
}
