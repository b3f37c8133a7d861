package dev.errand.engine;

import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.Limits;
import dev.errand.job.TaskError;
import dev.errand.spi.Change;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// How many turns a model may take, and in how many of them its code may raise.
///
/// Looked at before the model is asked: what it was paid for last is carried out.
final class TurnLimits {
  private TurnLimits() {}

  /// Which limit a job has exceeded that is to take turn `next`, of those from `first` on.
  static Optional<TaskError> exceeded(
      JobId job, Limits limits, int next, int first, List<Change.Recorded> history) {
    int replies = next - first;
    if (replies >= limits.turns()) {
      return Optional.of(
          error(
              "Job " + job + " took " + replies + " turns, its limit, and did not end",
              "Raise the agent's limit of turns, or tell it when to call exit"));
    }
    var raised = raised(first, history);
    if (raised.size() > limits.exceptions()) {
      return Optional.of(
          error(
              "The code of job %s raised in %d turns, and %d are its limit"
                  .formatted(job, raised.size(), limits.exceptions()),
              "The history has them; raise the agent's limit of exceptions if that is too few"));
    }
    int inRow = 0;
    while (raised.contains(next - 1 - inRow)) {
      inRow++;
    }
    return inRow <= limits.exceptionsInRow()
        ? Optional.empty()
        : Optional.of(
            error(
                "The code of job %s raised in %d turns one after the other, and %d are its limit"
                    .formatted(job, inRow, limits.exceptionsInRow()),
                "The history has them; raise the agent's limit of exceptionsInRow if that is too"
                    + " few"));
  }

  /// The turns whose code raised; one that a message stopped has not.
  private static Set<Integer> raised(int first, List<Change.Recorded> history) {
    return history.stream()
        .filter(entry -> entry.kind() == Entry.Kind.EXCEPTION && entry.turn() >= first)
        .filter(entry -> !entry.data().text("kind").equals(Optional.of(INTERRUPTED)))
        .map(Change.Recorded::turn)
        .collect(Collectors.toSet());
  }

  private static final String INTERRUPTED = TaskError.Kind.INTERRUPTED.code();

  private static TaskError error(String message, String advice) {
    return TaskError.of(TaskError.Kind.LIMIT, message, advice);
  }
}
