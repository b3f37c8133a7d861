package dev.errand.graalpy;

import dev.errand.python.CPythonRuntime;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.ExchangeContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class ExchangeTest extends ExchangeContract {
  private static CPythonRuntime cpython;

  @BeforeAll
  static void start() {
    cpython = CPythonRuntime.create();
  }

  @AfterAll
  static void stop() {
    cpython.close();
  }

  @Override
  protected WorkspaceRuntime runtime() {
    return Shared.RUNTIME;
  }

  @Override
  protected WorkspaceRuntime other() {
    return cpython;
  }
}
