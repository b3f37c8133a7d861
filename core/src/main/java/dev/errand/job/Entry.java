package dev.errand.job;

import java.time.Instant;
import java.util.Locale;

/// One line of history, and at once an event of the tree.
///
/// @param sequence its number within the root, without gaps, in the order of commits
/// @param time when it was committed
/// @param job whose history it belongs to
/// @param turn the block it belongs to
/// @param kind what happened
/// @param data the particulars, by kind as in `docs/history.md`
public record Entry(long sequence, Instant time, JobId job, int turn, Kind kind, Json.Object data) {
  /// What can stand in a history.
  public enum Kind {
    /// A root job was submitted, or one created that has no handler.
    JOB_CREATED,
    /// A job with a handler was created, or a handler was given to a job.
    SUBTASK_SPAWNED,
    /// A subtask that a model asked for was not begun.
    SUBTASK_REFUSED,
    /// A child may do what a job above it may not, under a grant of that name.
    PERMISSION_GRANTED,
    /// The handler has a result.
    SUBTASK_COMPLETED,
    /// The handler has an error.
    SUBTASK_FAILED,
    /// The handler ended because its job was cancelled.
    SUBTASK_CANCELLED,
    /// The handler ended because its job's deadline passed.
    SUBTASK_TIMED_OUT,
    /// The job, and all below it that is not done, is to end: it was cancelled, or its deadline
    /// passed.
    JOB_STOPPING,
    /// What the job may spend on its model is spent but for a last call, and the model was told so.
    BUDGET_SPENT,
    /// The job is going to fail, once its error handlers were called.
    JOB_FAILING,
    /// The job ended.
    JOB_ENDED,
    /// The job was done, and goes on: a message or a subtask's end arrived.
    JOB_REVIVED,
    /// A message arrived; the job is told of it as a `MESSAGE` at its next turn.
    SIGNAL,
    /// A message of a person or another job, at the place where the job was told.
    MESSAGE,
    /// Cards of the agent's memory that fit what arrived, as the model is shown them.
    RECALLED,
    /// The model's reply: the intention of a turn.
    REPLY,
    /// What was said up to a turn is told by its summary from now on; it stays in the history.
    COMPACTED,
    /// What the code printed.
    CONSOLE,
    /// The code says how far it has come.
    PROGRESS,
    /// The code raised.
    EXCEPTION,
    /// The ends of subtasks, at the place where the job was told.
    NOTIFICATION,
    /// The model had said its last word, and is reminded of something.
    REMINDER,
    /// A tool was called, with what came of it.
    TOOL,
    /// The outcome of a call is not known, and the code was told so.
    EFFECT_UNKNOWN,
    /// Somebody found out what came of a call whose outcome was not known.
    EFFECT_RESOLVED,
    /// A variable cannot be kept: it will be lost when the workspace is next brought back.
    RECEIPT,
    /// Something about the job's running that its owner should know.
    NOTICE;

    /// The name as stored and printed.
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }

    /// The kind with that code.
    ///
    /// @throws IllegalArgumentException if there is none
    public static Kind ofCode(String code) {
      return valueOf(code.toUpperCase(Locale.ROOT));
    }
  }
}
