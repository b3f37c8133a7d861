package dev.errand.graalpy;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.EscapesReport;
import java.nio.file.Path;
import java.util.List;

/// Carries out a part of the attempts, always the same; `-Derrand.escapes=1` carries out all.
class GraalPyEscapesTest extends EscapesReport {
  @Override
  protected WorkspaceRuntime runtime() {
    return Shared.RUNTIME;
  }

  @Override
  protected int oneIn() {
    return Integer.getInteger("errand.escapes", 20);
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

    A report, and no promise: [GraalPy](graalpy.md) is for code that is trusted. The test kit's attempts (`escapes/`) were written against CPython, and of ways that only GraalPy
    has a few are among them. On CPython restricted mode holds all of the first table by itself, and the operating system all of the second.

    An attempt is held when it gets nothing: no secret, file, connection, other job or driver, and no change of the library. Whether it got something is seen by its effect and
    not by its own word. Outside restricted mode most of the attempts find nothing to begin with: there are no programs, sockets, signals or C libraries here, and no files but a few.
    The controls do openly what the attempts are after; one that is not held shows that such a success is seen. GraalPy holds the other controls, too.

    The build carries out one attempt in twenty, always the same, and all controls, and fails when this page says something else. All of them:

    ```bash
    mvn -B test -pl python-graalpy -am -Dtest=GraalPyEscapesTest -Dsurefire.failIfNoSpecifiedTests=false -Derrand.escapes=1
    ```
    """;
  }
}
