package dev.errand.job;

import java.time.Duration;
import java.util.Optional;
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
/// @param budget what it and all below it may spend on model calls: of a root, that of its agent's
///   limits at most; of a child, a share of what is left above it; null for what the limits of a
///   root say, and for a child that draws on what those above it have
/// @param priority of jobs that are due, those of a higher one are handed out first; null for that
///   of its parent, and 0 for a root
public record NewJob(
    JobId id,
    @Nullable String key,
    JobDefinition definition,
    String digest,
    @Nullable Subtask subtask,
    @Nullable Delta workspace,
    @Nullable String message,
    Duration timeout,
    @Nullable Budget budget,
    @Nullable Integer priority) {
  /// A job of the priority that its parent has, or 0.
  public NewJob(
      JobId id,
      @Nullable String key,
      JobDefinition definition,
      String digest,
      @Nullable Subtask subtask,
      @Nullable Delta workspace,
      @Nullable String message,
      Duration timeout,
      @Nullable Budget budget) {
    this(id, key, definition, digest, subtask, workspace, message, timeout, budget, null);
  }

  /// A job that draws on what those above it have.
  public NewJob(
      JobId id,
      @Nullable String key,
      JobDefinition definition,
      String digest,
      @Nullable Subtask subtask,
      @Nullable Delta workspace,
      @Nullable String message,
      Duration timeout) {
    this(id, key, definition, digest, subtask, workspace, message, timeout, null);
  }

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
    return new NewJob(
        id, key, definition, digest, handler, workspace, message, timeout, budget, priority);
  }

  /// The same job with that priority; null for what its parent has, and 0 for a root.
  public NewJob prioritized(@Nullable Integer other) {
    return new NewJob(
        id, key, definition, digest, subtask, workspace, message, timeout, budget, other);
  }

  /// What is granted to the account that the job begins with; empty where it has none of its own.
  public Optional<Budget> granted() {
    if (id.parent().isPresent()) {
      return Optional.ofNullable(budget);
    }
    var most = definition.agent().limits().budget();
    return Optional.of(budget == null ? most : budget.atMost(most));
  }
}
