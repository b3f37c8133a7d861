package dev.errand.python;

import dev.errand.job.WorkspaceException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A Python that is looked for once, when it is first needed; used by any thread.
final class FoundPython {
  private final String command;
  private @Nullable Path program;

  /// @param command a path, or a name to look up on the `PATH`
  FoundPython(String command) {
    this.command = command;
  }

  /// The program itself.
  ///
  /// @throws WorkspaceException if there is none
  synchronized Path program() {
    var found = program;
    if (found == null) {
      found = program = Interpreter.find(command);
    }
    return found;
  }

  /// What a few lines of our own Python print, in a process of their own, given that input.
  ///
  /// @throws WorkspaceException if they could not be carried out
  String ask(String lines, String input) {
    var path = program();
    try {
      var process =
          new ProcessBuilder(path.toString(), "-I", "-S", "-B", "-W", "ignore", "-c", lines)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      tell(process.getOutputStream(), input);
      var answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw Interpreter.unusable(path + " does not work.");
      }
      return answer.strip();
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new WorkspaceException("Interrupted while Python was asked.", interrupt);
    } catch (IOException notRun) {
      throw new WorkspaceException(path + " cannot be run: " + notRun.getMessage() + ".", notRun);
    }
  }

  private static void tell(OutputStream process, String input) throws IOException {
    try (process) {
      process.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException ended) {
      // It did not care to read all of it.
    }
  }
}
