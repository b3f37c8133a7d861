package dev.errand.agent;

import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.SubTaskState;
import dev.errand.job.TaskError;
import dev.errand.job.Value;
import java.time.Duration;
import java.util.Optional;

/// The parent's handle on delegated work (STATEK: `SubTaskHandler`).
public interface SubTaskHandler {
  /// The child job.
  JobId job();

  /// The id it was given among its parent's subtasks; JSON null for none.
  Json id();

  /// The state as of now.
  SubTaskState state();

  /// The error it ended with; empty while it has not ended, or if it has a result.
  Optional<TaskError> error();

  /// Its result.
  ///
  /// @throws dev.errand.job.UnfinishedException if it has not ended
  /// @throws dev.errand.job.JobFailedException if it ended with an error
  Value result();

  /// Its result as an instance of `type`; see [Json#to].
  ///
  /// @throws dev.errand.job.UnfinishedException if it has not ended
  /// @throws dev.errand.job.JobFailedException if it ended with an error
  default <T> T result(Class<T> type) {
    return switch (result()) {
      case Value.Plain(var json) -> json.to(type);
      case Value.Pickled pickled ->
          throw new IllegalArgumentException(
              "The result is a Python object that JSON cannot hold: " + pickled.text());
    };
  }

  /// Waits until it has ended, and returns it.
  SubTaskHandler await();

  /// The same, for so long at most.
  ///
  /// @throws dev.errand.job.UnfinishedException if it has not ended by then; it goes on undisturbed
  SubTaskHandler await(Duration atMost);
}
