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

  /// The value of a job that succeeded, as an instance of `type`; see [Json#to].
  ///
  /// @throws JobFailedException if the job did not succeed
  /// @throws IllegalArgumentException if the value does not fit `type`, or is a Python object that
  ///   only Python reads
  default <T> T value(Class<T> type) {
    return switch (this) {
      case Succeeded(Value.Plain(var json)) -> json.to(type);
      case Succeeded(Value.Pickled pickled) ->
          throw new IllegalArgumentException(
              "The value is a Python object that JSON cannot hold: " + pickled.text());
      case Failed(var error) -> throw new JobFailedException(error);
      case Cancelled(var reason) ->
          throw new JobFailedException(
              TaskError.of(TaskError.Kind.LIMIT, "cancelled: " + reason, ""));
      case TimedOut(var reason) ->
          throw new JobFailedException(
              TaskError.of(TaskError.Kind.LIMIT, "timed out: " + reason, ""));
      case BudgetExhausted ignored ->
          throw new JobFailedException(TaskError.of(TaskError.Kind.LIMIT, "budget exhausted", ""));
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
