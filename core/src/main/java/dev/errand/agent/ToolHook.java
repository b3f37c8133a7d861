package dev.errand.agent;

import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Looks at each call of a tool before it is made, by an agent's code, its model or its program,
/// and may make something else of it (SwarmSDK: `before_tool`).
///
/// It counts for the subtasks of the agent's own too, which have the same agent. Any thread calls
/// it, several at a time. What it decides is recorded as what came of the call, so a replay is told
/// the same. One that throws has halted the call.
@FunctionalInterface
public interface ToolHook {
  /// Decides what is to become of a call.
  Decision before(Use use);

  /// A call that is about to be made.
  ///
  /// @param agent the agent's name
  /// @param call the call: whose it is, its key and its arguments
  /// @param tool what is called
  record Use(String agent, ToolFunction.Call call, String tool) {
    /// How many levels the job is below its root.
    public int depth() {
      return call.job().depth();
    }

    /// The job that the caller's job is a child of; empty for a root.
    public Optional<JobId> parent() {
      return call.job().parent();
    }
  }

  /// What is to become of a call.
  sealed interface Decision {
    /// It is made.
    static Decision goOn() {
      return new GoOn();
    }

    /// It is not made, and has failed with that message.
    static Decision halt(String message) {
      return new Halt(message);
    }

    /// It is not made, and has returned that: anything [Json#of] takes.
    static Decision replace(@Nullable Object value) {
      return new Replace(Json.of(value));
    }

    /// See [#goOn].
    record GoOn() implements Decision {}

    /// See [#halt].
    record Halt(String message) implements Decision {}

    /// See [#replace].
    record Replace(Json value) implements Decision {}
  }
}
