package dev.errand.python;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.ArraysContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class CPythonArraysTest extends ArraysContract {
  private static CPythonRuntime runtime;

  @BeforeAll
  static void start() throws Exception {
    var interpreter = PythonWith.packages("numpy", "pandas");
    runtime = CPythonRuntime.builder().interpreter(interpreter).build();
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
