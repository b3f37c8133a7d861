package dev.errand.python;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.DurableObjectsContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class CPythonDurableObjectsTest extends DurableObjectsContract {
  private static CPythonRuntime runtime;

  @BeforeAll
  static void start() {
    runtime = PythonWith.chosen();
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
