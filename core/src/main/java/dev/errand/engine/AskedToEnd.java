package dev.errand.engine;

import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.Value;
import dev.errand.spi.Bookkeeping;
import dev.errand.spi.Change;
import java.util.List;
import java.util.Optional;

/// A job whose model was told to come to an end: the turn before which it was told so is its last.
///
/// @param turn that turn
/// @param outcome how the job ends then, but for what it has to show
record AskedToEnd(int turn, Outcome outcome) {
  private static final String REASON = "reason";

  /// The last time that a job was told so since it last went on.
  static Optional<AskedToEnd> in(List<Change.Recorded> history) {
    return history.reversed().stream()
        .takeWhile(entry -> entry.kind() != Entry.Kind.JOB_REVIVED)
        .flatMap(entry -> outcome(entry).map(end -> new AskedToEnd(entry.turn(), end)).stream())
        .findFirst();
  }

  private static Optional<Outcome> outcome(Change.Recorded entry) {
    return switch (entry.kind()) {
      case MESSAGE -> entry.data().text(Bookkeeping.STOP).map(Outcome.Cancelled::new);
      case BUDGET_SPENT -> entry.data().text(REASON).map(Outcome.BudgetExhausted::new);
      default -> Optional.empty();
    };
  }

  /// The message that asks a job to stop.
  static Json.Object stop(String reason) {
    return Json.object("text", words("You are asked to stop: " + reason))
        .with(Bookkeeping.STOP, reason);
  }

  /// What tells a model that only its last call is left to it.
  static Change.Recorded budgetSpent(int turn, String reason) {
    return new Change.Recorded(
        turn,
        Entry.Kind.BUDGET_SPENT,
        Json.object("text", words("Your budget is spent: " + reason)).with(REASON, reason));
  }

  private static String words(String why) {
    return """
    %s
    This is your last turn: be brief. Say what you have by now, in words or by complete_sub_task; \
    what you began below ends with it.\
    """
        .formatted(why);
  }

  /// The end of the job, which has come to `partial`: what it began ends with it.
  List<Change> end(JobId job, Value partial) {
    var below =
        switch (outcome) {
          case Outcome.Cancelled cancelled -> cancelled;
          default -> new Outcome.Cancelled("job " + job + " has spent its budget");
        };
    return List.of(
        new Change.Stopped(job, below, JobWorker.GRACE), new Change.Ended(outcome.having(partial)));
  }
}
