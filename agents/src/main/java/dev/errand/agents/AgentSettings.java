package dev.errand.agents;

import dev.errand.job.ChatStyle;
import dev.errand.job.Conduct;
import dev.errand.job.Limits;
import dev.errand.job.Permissions;
import dev.errand.job.Sandbox;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What an agent file says besides name, description and prompt; `docs/agents.md` describes the
/// keys.
///
/// @param tools as they are written, such as `Bash(git:*)`; null if the file names none, which
///   means the standard ones
/// @param withoutTools those that it is not to have, as they are written
/// @param model as it is written; null for none
/// @param style how replies are read
/// @param concurrentTools how many calls of a reply are made at a time
/// @param compactAt how much the model is shown at most, in tokens
/// @param limits what a job may cost
/// @param python what its Python may do
/// @param permissions which calls of its tools it may make, and of which a person is asked
/// @param memory the name of its memory, or `user`, `project` or `local` for the one of the agent's
///   name; null for none
/// @param skills the names of its skills, `*` for all there are; null if the file says nothing
/// @param threads the agents that it may begin threads with; empty for one that is no dispatcher
public record AgentSettings(
    @Nullable List<String> tools,
    List<String> withoutTools,
    @Nullable String model,
    ChatStyle style,
    int concurrentTools,
    long compactAt,
    Limits limits,
    Python python,
    Permissions permissions,
    @Nullable String memory,
    @Nullable List<String> skills,
    List<String> threads) {
  /// Those of a file that says nothing.
  public static final AgentSettings NONE =
      new AgentSettings(
          null,
          List.of(),
          null,
          ChatStyle.DIRECT,
          Conduct.CONCURRENT_TOOLS,
          Conduct.COMPACT_AT,
          Limits.DEFAULT,
          new Python(Sandbox.DEFAULT.restricted(), List.of(), null),
          Permissions.ALL,
          null,
          null,
          List.of());

  private static final Set<String> SCOPES = Set.of("user", "project", "local");

  public AgentSettings {
    tools = tools == null ? null : List.copyOf(tools);
    withoutTools = List.copyOf(withoutTools);
    skills = skills == null ? null : List.copyOf(skills);
    threads = List.copyOf(threads);
  }

  /// The same with that memory.
  AgentSettings memory(String other) {
    return new AgentSettings(
        tools,
        withoutTools,
        model,
        style,
        concurrentTools,
        compactAt,
        limits,
        python,
        permissions,
        other,
        skills,
        threads);
  }

  /// Whether the memory is written as files for Claude Code write it: by who is to share it.
  boolean isMemoryOfScope() {
    return memory != null && SCOPES.contains(memory);
  }

  /// The memory of an agent of that name; empty if it has none.
  Optional<String> memoryOf(String agent) {
    return Optional.ofNullable(isMemoryOfScope() ? agent : memory);
  }

  /// What the Python of an agent may do.
  ///
  /// @param restricted whether it is in restricted mode
  /// @param imports modules that it may import in that mode
  /// @param warmup carried out before the first turn of the model; null for nothing
  public record Python(boolean restricted, List<String> imports, @Nullable String warmup) {
    public Python {
      imports = List.copyOf(imports);
    }
  }
}
