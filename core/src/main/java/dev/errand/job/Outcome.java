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
      case Cancelled(var reason, var partial) ->
          throw new JobFailedException(
              TaskError.of(TaskError.Kind.CANCELLED, "cancelled: " + reason, ""));
      case TimedOut(var reason, var partial) ->
          throw new JobFailedException(
              TaskError.of(TaskError.Kind.TIMED_OUT, "timed out: " + reason, ""));
      case BudgetExhausted(var reason, var partial) ->
          throw new JobFailedException(
              TaskError.of(TaskError.Kind.BUDGET_EXHAUSTED, "budget exhausted: " + reason, ""));
    };
  }

  /// Whether somebody or the clock ended the job, and not what it did.
  default boolean isFromOutside() {
    return this instanceof Cancelled || this instanceof TimedOut;
  }

  /// The same end, of a job that had `partial` by then.
  default Outcome having(Value partial) {
    return switch (this) {
      case Cancelled(var reason, var none) -> new Cancelled(reason, partial);
      case TimedOut(var reason, var none) -> new TimedOut(reason, partial);
      case Succeeded itself -> itself;
      case Failed itself -> itself;
      case BudgetExhausted(var reason, var none) -> new BudgetExhausted(reason, partial);
    };
  }

  /// The job ended by itself, with this value.
  record Succeeded(Value value) implements Outcome {}

  /// The job could not go on.
  record Failed(TaskError error) implements Outcome {}

  /// Somebody stopped the job; `partial` is what it had by then, or JSON null.
  record Cancelled(String reason, Value partial) implements Outcome {
    /// With nothing to show.
    public Cancelled(String reason) {
      this(reason, Value.none());
    }
  }

  /// The job's deadline passed; `partial` is what it had by then, or JSON null.
  record TimedOut(String reason, Value partial) implements Outcome {
    /// With nothing to show.
    public TimedOut(String reason) {
      this(reason, Value.none());
    }
  }

  /// What the job might spend had been spent; `partial` is what it had by then, or JSON null.
  record BudgetExhausted(String reason, Value partial) implements Outcome {
    /// With nothing to show.
    public BudgetExhausted(String reason) {
      this(reason, Value.none());
    }
  }
}
