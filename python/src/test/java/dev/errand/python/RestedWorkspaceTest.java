package dev.errand.python;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.WorkspaceContract;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// That a process which has rehearsed by itself before it was asked is like any other.
class RestedWorkspaceTest extends WorkspaceContract {
  private static CPythonRuntime runtime;

  @BeforeAll
  static void start() {
    runtime = PythonWith.chosen(builder -> builder.rest(Duration.ZERO));
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
