package dev.errand.graalpy;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.LanguageContract;

class GraalPyLanguageTest extends LanguageContract {
  @Override
  protected WorkspaceRuntime runtime() {
    return Shared.RUNTIME;
  }

  @Override
  protected int effort() {
    return Shared.EFFORT;
  }
}
