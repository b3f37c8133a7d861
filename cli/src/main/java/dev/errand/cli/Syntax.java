package dev.errand.cli;

import dev.errand.job.WorkspaceException;
import dev.errand.python.CPythonRuntime;
import java.util.Objects;

/// Asks Python whether a file is Python, before a job is made of it.
final class Syntax {
  private Syntax() {}

  /// Asks `python`, which is closed unless all is well, and then warms up for the work.
  ///
  /// @param name as the user wrote it
  /// @throws Refusal if the code cannot be compiled, saying where, or there is no Python
  static CPythonRuntime checked(CPythonRuntime python, String code, String name) {
    try {
      python.warmUp();
      var error = python.syntaxError(code);
      if (error.isEmpty()) {
        return python;
      }
      python.close();
      throw Refusal.usage(name + ", " + Text.oneLine(error.get()));
    } catch (WorkspaceException unusable) {
      python.close();
      throw Refusal.usage(Objects.requireNonNull(unusable.getMessage()));
    }
  }
}
