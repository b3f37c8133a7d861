package dev.errand.python;

import dev.errand.job.CodeBlock;
import dev.errand.job.JobId;
import dev.errand.job.Limits;
import dev.errand.job.TaskError;
import dev.errand.spi.Workspace;
import dev.errand.spi.Workspace.Ending;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.RecordingHost;
import java.util.List;

/// Carries out code that asks its host for nothing.
final class Code {
  private Code() {}

  /// A workspace outside restricted mode.
  static Workspace open(WorkspaceRuntime runtime, Limits limits) {
    return runtime.open(
        new WorkspaceRuntime.Opening(new JobId("root"), "main", false, limits, List.of(), null));
  }

  static Workspace open(WorkspaceRuntime runtime) {
    return open(runtime, Limits.DEFAULT);
  }

  static Ending run(Workspace workspace, String source) {
    var host = new RecordingHost(new JobId("root"));
    return workspace.run(host.again(CodeBlock.python(source)), host);
  }

  /// The text of the last expression's value.
  static String value(Workspace workspace, String source) {
    return switch (run(workspace, source)) {
      case Ending.Finished finished -> finished.value().text();
      case Ending.Raised(var ignored, var error) -> throw new AssertionError(error.toString());
      case Ending.Exited exited -> throw new AssertionError(exited.toString());
      case Ending.Died(var error, var ignored) -> throw new AssertionError(error.toString());
    };
  }

  /// The error by which a block failed.
  static TaskError error(Ending ending) {
    return switch (ending) {
      case Ending.Raised(var ignored, var error) -> error;
      case Ending.Died(var error, var ignored) -> error;
      case Ending.Finished finished -> throw new AssertionError("It finished: " + finished);
      case Ending.Exited exited -> throw new AssertionError("It ended its job: " + exited);
    };
  }
}
