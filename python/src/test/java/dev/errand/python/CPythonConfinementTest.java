package dev.errand.python;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.ConfinementContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class CPythonConfinementTest extends ConfinementContract {
  private static CPythonRuntime runtime;

  @BeforeAll
  static void start() {
    runtime = PythonWith.chosen(Isolation.REQUIRED);
  }

  @AfterAll
  static void stop() {
    runtime.close();
  }

  @Override
  protected WorkspaceRuntime runtime() {
    return runtime;
  }
}
