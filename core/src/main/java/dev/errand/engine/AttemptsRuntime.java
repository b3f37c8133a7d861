package dev.errand.engine;

import dev.errand.job.Attempts;
import dev.errand.job.CodeBlock;
import dev.errand.job.Json;
import dev.errand.job.WorkspaceException;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;

/// Runs the jobs that supervise attempts, as a Java program of the library's own. Every process has
/// it, whatever agents it knows.
final class AttemptsRuntime implements WorkspaceRuntime {
  @Override
  public String name() {
    return Attempts.RUNTIME;
  }

  @Override
  public Workspace open(Opening opening) {
    return new JavaWorkspace(opening.job(), AttemptsRuntime::supervisor, Json.Object.EMPTY);
  }

  private static Supervisor supervisor(CodeBlock block) {
    return block
        .attempts()
        .map(Supervisor::new)
        .orElseThrow(
            () -> new WorkspaceException("There is nothing to attempt in " + block.kind()));
  }

  @Override
  public void close() {}
}
