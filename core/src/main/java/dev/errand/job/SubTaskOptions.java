package dev.errand.job;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What models may delegate by the tool `SubTask`, in one process; looked at each time one does.
///
/// @param maxDepth how many such subtasks there may be one below the other; with 1 a root may have
///   subtasks and those none, with 0 nobody may (SwarmSDK: `max_subtask_depth`)
/// @param model the model of subtasks whose agent names none for them, as `provider:name`; null for
///   the agent's own
/// @param timeout how long one may take; never beyond its parent's deadline
/// @param perJob how many children a job may have in all
/// @param answerCharacters how much of an answer the model reads
public record SubTaskOptions(
    int maxDepth, @Nullable String model, Duration timeout, int perJob, int answerCharacters) {
  /// Depth 1, the agent's own model, an hour, 1,000 children, 20,000 characters.
  public static final SubTaskOptions DEFAULT =
      new SubTaskOptions(1, null, Duration.ofHours(1), 1_000, 20_000);

  public SubTaskOptions {
    if (maxDepth < 0 || perJob < 0) {
      throw new IllegalArgumentException("Depth and number of subtasks must not be negative");
    }
    if (!timeout.isPositive() || answerCharacters < 1) {
      throw new IllegalArgumentException("Time and length of subtasks' answers must be positive");
    }
  }

  /// These with another depth.
  public SubTaskOptions maxDepth(int other) {
    return new SubTaskOptions(other, model, timeout, perJob, answerCharacters);
  }

  /// These with another model.
  public SubTaskOptions model(@Nullable String other) {
    return new SubTaskOptions(maxDepth, other, timeout, perJob, answerCharacters);
  }

  /// These with another timeout.
  public SubTaskOptions timeout(Duration other) {
    return new SubTaskOptions(maxDepth, model, other, perJob, answerCharacters);
  }

  /// These with another number of children.
  public SubTaskOptions perJob(int other) {
    return new SubTaskOptions(maxDepth, model, timeout, other, answerCharacters);
  }

  /// These with another length of answers.
  public SubTaskOptions answerCharacters(int other) {
    return new SubTaskOptions(maxDepth, model, timeout, perJob, other);
  }
}
