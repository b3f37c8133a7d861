package dev.errand.graalpy;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.EscapesReport;
import java.nio.file.Path;
import java.util.List;

/// Carried out by name only, and not by the build: its page is still to be made.
class GraalPyEscapes extends EscapesReport {
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
  protected boolean restricted() {
    return false;
  }

  @Override
  protected String introduction() {
    return """
    # What GraalPy holds of the attempts to get out

    The attempts of the test kit (`escapes/`) that are about the system, carried out outside restricted mode in contexts of [GraalPy](graalpy.md). On CPython the
    operating system holds all of them; here GraalPy is the only fence. So this is a report and no promise, and GraalPy is for code that is trusted.
    The build carries them out again, and fails when this page says something else.
    """;
  }
}
