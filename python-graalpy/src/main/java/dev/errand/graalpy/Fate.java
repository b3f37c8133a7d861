package dev.errand.graalpy;

import dev.errand.job.TaskError;
import org.graalvm.polyglot.PolyglotException;

/// What a job is told of the end of its context.
final class Fate {
  /// The status by which the driver says that it had no memory left to say so.
  private static final int OUT_OF_MEMORY = 86;

  private Fate() {}

  static TaskError of(PolyglotException ending) {
    if (ending.isResourceExhausted()
        || (ending.isExit() && ending.getExitStatus() == OUT_OF_MEMORY)) {
      return TaskError.of(
          TaskError.Kind.LIMIT,
          "The code needed more memory than the application has left.",
          "Work on less at a time, or give the application a larger heap");
    }
    if (ending.isExit()) {
      return gone("The Python of the workspace exited with status " + ending.getExitStatus() + ".");
    }
    if (ending.isCancelled()) {
      return gone("The Python of the workspace was closed.");
    }
    return gone("The Python of the workspace broke: " + ending.getMessage() + ".");
  }

  /// The workspace is gone, and may be opened again.
  static TaskError gone(String message) {
    return TaskError.of(TaskError.Kind.WORKSPACE, message, "");
  }
}
