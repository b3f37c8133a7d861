package dev.errand.python;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.LanguageContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// `-Derrand.python=PATH` tries another interpreter than the `python3` of the `PATH`.
class CPythonLanguageTest extends LanguageContract {
  private static CPythonRuntime runtime;

  @BeforeAll
  static void start() {
    var interpreter = System.getProperty("errand.python");
    var builder = CPythonRuntime.builder();
    runtime = (interpreter == null ? builder : builder.interpreter(Path.of(interpreter))).build();
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
