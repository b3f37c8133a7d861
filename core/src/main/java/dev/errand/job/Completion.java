package dev.errand.job;

/// The outcome of a subtask's handler: a result or an error, recorded once.
public sealed interface Completion {
  /// The child delivered this value.
  record Result(Value value) implements Completion {}

  /// The child delivered an error, or ended without delivering.
  record Error(TaskError error) implements Completion {}

  /// How a job ends that does no more than complete its handler.
  default Outcome asOutcome() {
    return switch (this) {
      case Result(var value) -> new Outcome.Succeeded(value);
      case Error(var error) -> new Outcome.Failed(error);
    };
  }

  /// What a handler becomes when its child ends and nobody completed it before.
  static Completion ofUncompleted(Outcome outcome) {
    return new Error(
        switch (outcome) {
          case Outcome.Succeeded(var value) ->
              TaskError.of(
                  TaskError.Kind.NO_RESULT,
                  "The child ended without completing its handler; it exited with: " + value.text(),
                  "Call complete_sub_task(result=…) before exit in the child");
          case Outcome.Failed(var error) -> error;
          case Outcome.Cancelled(var reason, var partial) ->
              TaskError.of(
                  TaskError.Kind.CANCELLED,
                  "The child was cancelled: " + reason + had(partial),
                  "");
          case Outcome.TimedOut(var reason, var partial) ->
              TaskError.of(
                  TaskError.Kind.TIMED_OUT, "The child timed out: " + reason + had(partial), "");
          case Outcome.BudgetExhausted(var reason, var partial) ->
              TaskError.of(
                  TaskError.Kind.BUDGET_EXHAUSTED,
                  "The child's budget was spent: " + reason + had(partial),
                  "Delegate less, give it a larger share, or raise the budget");
        });
  }

  private static String had(Value partial) {
    return partial.equals(Value.none()) ? "" : "; it had: " + partial.text();
  }
}
