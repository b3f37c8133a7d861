package dev.errand.graalpy;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.WorkspaceContract;

class GraalPyWorkspaceTest extends WorkspaceContract {
  @Override
  protected WorkspaceRuntime runtime() {
    return Shared.RUNTIME;
  }

  @Override
  protected int effort() {
    return Shared.EFFORT;
  }
}
