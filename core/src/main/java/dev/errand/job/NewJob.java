package dev.errand.job;

import org.jspecify.annotations.Nullable;

/// A job to be created.
///
/// @param id its id; a child's names its parent
/// @param key the submitter's idempotency key; null for none
/// @param definition its setup
/// @param digest says what was asked for; see [JobRecord.Origin]
/// @param subtask its handler; null where it has none
/// @param workspace the variables it begins with; null for none
public record NewJob(
    JobId id,
    @Nullable String key,
    JobDefinition definition,
    String digest,
    @Nullable Subtask subtask,
    @Nullable Delta workspace) {}
