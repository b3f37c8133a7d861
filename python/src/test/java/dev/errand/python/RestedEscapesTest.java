package dev.errand.python;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.EscapesContract;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// That nobody gets out of a process which has rehearsed by itself, either.
class RestedEscapesTest extends EscapesContract {
  private static CPythonRuntime runtime;

  @BeforeAll
  static void start() {
    runtime = PythonWith.chosen(builder -> builder.isolation(Isolation.OFF).rest(Duration.ZERO));
  }

  @AfterAll
  static void stop() {
    runtime.close();
  }

  @Override
  protected WorkspaceRuntime runtime() {
    return runtime;
  }

  @Override
  protected List<String> signsOfTheDriver() {
    return List.of("/errand_driver/");
  }

  @Override
  protected WorkspaceRuntime unconfined() {
    return runtime;
  }
}
