package dev.errand.graalpy;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.LanguageContract;

/// Carried out by name only, and not by the build: it was not yet seen to hold in full.
class GraalPyLanguage extends LanguageContract {
  @Override
  protected WorkspaceRuntime runtime() {
    return Shared.RUNTIME;
  }

  @Override
  protected int effort() {
    return Shared.EFFORT;
  }
}
