package dev.errand.engine;

import dev.errand.agent.Program;
import dev.errand.job.Json;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Function;

/// Runs Java programs behind the same socket as Python: one block of one statement.
///
/// Programs are the application's own code: no limit on time or memory binds them here.
final class JavaRuntime implements WorkspaceRuntime {
  static final String NAME = "java";
  private final Function<String, Optional<Program>> programs;

  JavaRuntime(Function<String, Optional<Program>> programs) {
    this.programs = programs;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Workspace open(Opening opening) {
    var program =
        programs
            .apply(opening.agent())
            .orElseThrow(
                () ->
                    new dev.errand.job.WorkspaceException(
                        "Agent "
                            + opening.agent()
                            + " has no Java program here; register the agent"));
    return new JavaWorkspace(opening.job(), block -> program, variables(opening));
  }

  private static Json.Object variables(Opening opening) {
    var state = opening.state();
    return state == null
        ? Json.Object.EMPTY
        : (Json.Object)
            Json.parse(new String(state.parts().getFirst().head().bytes(), StandardCharsets.UTF_8));
  }

  @Override
  public void close() {}
}
