package dev.errand.graalpy;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.DurableObjectsContract;

class GraalPyDurableObjectsTest extends DurableObjectsContract {
  @Override
  protected WorkspaceRuntime runtime() {
    return Shared.RUNTIME;
  }

  @Override
  protected int effort() {
    return Shared.EFFORT;
  }
}
