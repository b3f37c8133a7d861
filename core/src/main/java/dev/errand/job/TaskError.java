package dev.errand.job;

import java.util.Locale;

/// Why work failed, as stored, shown and handed to agents (STATEK: `TaskError.err_message`).
///
/// @param kind the machine-readable reason
/// @param message what happened, to which thing
/// @param advice what to do next; empty when there is nothing to say
/// @param trace the job's own lines as Python prints them; empty when no code was involved
public record TaskError(Kind kind, String message, String advice, String trace) {
  /// The machine-readable reasons; stored and printed in lower case.
  public enum Kind {
    /// The code raised and nobody caught it.
    EXCEPTION,
    /// The child completed its handler with an error of its own words.
    REPORTED,
    /// The job ended without completing its handler.
    NO_RESULT,
    /// The code is no valid Python, or restricted mode refuses it.
    REFUSED_CODE,
    /// Somebody cancelled the job.
    CANCELLED,
    /// The job's deadline passed.
    TIMED_OUT,
    /// A limit was reached.
    LIMIT,
    /// What the job might spend had been spent.
    BUDGET_EXHAUSTED,
    /// The model could not be reached, or gave nothing usable.
    MODEL,
    /// The workspace's process died again and again at the same place.
    WORKSPACE,
    /// The code was stopped while it waited, because a message arrived.
    INTERRUPTED,
    /// A result does not fit the schema that was asked for.
    MISFIT,
    /// A result could not be stored.
    UNSTORABLE,
    /// The library itself failed; the log has more.
    INTERNAL;

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

  /// An error without a trace.
  public static TaskError of(Kind kind, String message, String advice) {
    return new TaskError(kind, message, advice, "");
  }
}
