package dev.errand.agent;

import dev.errand.job.EffectPolicy;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A controlled capability that code and models may call by name.
///
/// @param name what it is called by; a Python identifier
/// @param description what it does, for the model
/// @param parameters the names of its parameters, in order; a trailing `?` marks an optional one
/// @param policy what may be done when the outcome of a call is unknown
/// @param action what it does
public record Tool(
    String name, String description, List<String> parameters, EffectPolicy policy, Action action) {
  public Tool {
    if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
      throw new IllegalArgumentException(
          "'" + name + "' is no name for a tool; use letters, digits and _");
    }
    parameters = List.copyOf(parameters);
  }

  /// A tool whose calls are repeated with the same key when their outcome is unknown.
  public static Tool of(String name, String description, List<String> parameters, Action action) {
    return new Tool(name, description, parameters, EffectPolicy.IDEMPOTENT, action);
  }

  /// The same tool under another policy.
  public Tool policy(EffectPolicy other) {
    return new Tool(name, description, parameters, other, action);
  }

  /// What a tool does; called by any thread, several at a time, and heeding interruption.
  @FunctionalInterface
  public interface Action {
    /// Does it.
    ///
    /// @return anything [Json#of] takes
    /// @throws Exception if it fails; the calling code sees the message as an error of the tool
    @Nullable Object call(Call call) throws Exception;
  }

  /// One call of a tool.
  ///
  /// @param job on whose behalf
  /// @param key stable over replays: the same call has the same key, another call another one
  /// @param arguments by parameter name
  public record Call(JobId job, String key, Json.Object arguments) {
    /// The text of an argument.
    ///
    /// @throws IllegalArgumentException if it is absent or no string
    public String text(String name) {
      return arguments
          .text(name)
          .orElseThrow(
              () -> new IllegalArgumentException(name + " is required and must be a string"));
    }
  }
}
