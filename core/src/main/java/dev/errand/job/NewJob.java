package dev.errand.job;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A job to be created.
///
/// @param id its id; a child's names its parent
/// @param key the submitter's idempotency key; null for none
/// @param definition its setup
/// @param digest says what was asked for; see [JobRecord.Origin]
/// @param subtask its handler; null where it has none
/// @param workspace the variables it begins with; null for none
/// @param message what its model reads first; null for nothing
/// @param timeout how long it may take from its creation; it ends with the deadline of its parent
///   in any case
public record NewJob(
    JobId id,
    @Nullable String key,
    JobDefinition definition,
    String digest,
    @Nullable Subtask subtask,
    @Nullable Delta workspace,
    @Nullable String message,
    Duration timeout) {
  /// A job that may take as long as its agent's limits allow.
  public NewJob(
      JobId id,
      @Nullable String key,
      JobDefinition definition,
      String digest,
      @Nullable Subtask subtask,
      @Nullable Delta workspace,
      @Nullable String message) {
    this(
        id,
        key,
        definition,
        digest,
        subtask,
        workspace,
        message,
        definition.agent().limits().jobTime());
  }

  /// A job that is told nothing.
  public NewJob(
      JobId id,
      @Nullable String key,
      JobDefinition definition,
      String digest,
      @Nullable Subtask subtask,
      @Nullable Delta workspace) {
    this(id, key, definition, digest, subtask, workspace, null);
  }

  /// The same job with that handler.
  public NewJob handledBy(Subtask handler) {
    return new NewJob(id, key, definition, digest, handler, workspace, message, timeout);
  }
}
