package dev.errand.graalpy;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.EscapesReport;
import java.nio.file.Path;
import java.util.List;

class GraalPyEscapesTest extends EscapesReport {
  @Override
  protected WorkspaceRuntime runtime() {
    return Shared.RUNTIME;
  }

  @Override
  protected List<String> signsOfTheDriver() {
    return List.of("/errand_driver/");
  }

  @Override
  protected Path page() {
    return Path.of("..", "docs", "graalpy-escapes.md");
  }

  @Override
  protected String introduction() {
    return """
    # What GraalPy holds of the attempts to get out

    The attempts of the test kit (`escapes/`), carried out in contexts of [GraalPy](graalpy.md). On CPython all of them fail. Here no
    operating system stands behind restricted mode, and the library's classes cannot be sealed; so this is a report and no promise, and GraalPy
    is for code that is trusted. The build carries the attempts out again and fails when this page says something else.
    """;
  }
}
