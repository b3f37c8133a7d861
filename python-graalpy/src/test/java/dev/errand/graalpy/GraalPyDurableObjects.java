package dev.errand.graalpy;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.DurableObjectsContract;

/// Carried out by name only, and not by the build: it was not yet seen to hold in full.
class GraalPyDurableObjects extends DurableObjectsContract {
  @Override
  protected WorkspaceRuntime runtime() {
    return Shared.RUNTIME;
  }

  @Override
  protected int effort() {
    return Shared.EFFORT;
  }
}
