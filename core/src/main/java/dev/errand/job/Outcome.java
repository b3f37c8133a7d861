package dev.errand.job;

/// How a job ended.
public sealed interface Outcome {
  /// The word for it in JSON, on screen and in the store.
  default String code() {
    return switch (this) {
      case Succeeded ignored -> "succeeded";
      case Failed ignored -> "failed";
      case Cancelled ignored -> "cancelled";
      case TimedOut ignored -> "timed_out";
      case BudgetExhausted ignored -> "budget_exhausted";
    };
  }

  /// The job ended by itself, with this value.
  record Succeeded(Value value) implements Outcome {}

  /// The job could not go on.
  record Failed(TaskError error) implements Outcome {}

  /// Somebody stopped the job.
  record Cancelled(String reason) implements Outcome {}

  /// The job's deadline passed.
  record TimedOut(String reason) implements Outcome {}

  /// The job's budget was spent; `partial` is what it had.
  record BudgetExhausted(Value partial) implements Outcome {}
}
