package dev.errand.cli;

import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Subtask;
import dev.errand.job.Value;
import java.util.Optional;

/// What people call jobs.
final class Titles {
  private Titles() {}

  /// The name of the callback that the job is; empty if it is none.
  static Optional<String> callback(JobRecord job) {
    return Optional.ofNullable(job.subtask()).flatMap(Subtask::callback);
  }

  /// Which attempt the job is whose handler has that id, as in `attempt 2 of 3`; empty if it is
  /// none.
  static Optional<String> attempt(Json handlerId) {
    return handlerId instanceof Json.Object id && Subtask.open(id).isAttempt()
        ? Optional.of(
            "attempt %d of %d"
                .formatted(id.number(Subtask.ATTEMPT).orElse(0L), id.number(Subtask.OF).orElse(0L)))
        : Optional.empty();
  }

  /// What a model called the job that it began by the tool `SubTask`, whose handler has that id;
  /// empty if it is none.
  static Optional<String> subTask(Json handlerId) {
    return handlerId instanceof Json.Object id ? id.text(Subtask.TITLE) : Optional.empty();
  }

  /// Whether it asks if a tool may be called.
  static boolean isApproval(JobRecord job) {
    return job.subtask() != null && job.subtask().isApproval();
  }

  /// The callback or the attempt it is, its subtask id, or else its agent.
  static String of(JobRecord job) {
    var kind = isApproval(job) ? "approval " : "callback ";
    return callback(job).map(name -> kind + name).orElseGet(() -> ofJob(job));
  }

  /// The same for who waits for the job.
  static String awaited(JobRecord job) {
    var subtask = job.subtask();
    boolean saysWhat = subtask != null && (subtask.callback().isPresent() || subtask.isAttempt());
    return saysWhat ? of(job) : "subtask " + of(job);
  }

  private static String ofJob(JobRecord job) {
    var id = job.subtask() == null ? Json.Null.VALUE : job.subtask().id();
    return switch (id) {
      case Json.Null ignored -> job.origin().agent();
      case Json.Object ignored ->
          attempt(id).or(() -> subTask(id)).orElseGet(() -> job.origin().agent());
      case Json.Bool ignored -> Value.of(id).text();
      case Json.Number ignored -> Value.of(id).text();
      case Json.Text ignored -> Value.of(id).text();
      case Json.Array ignored -> Value.of(id).text();
    };
  }

  /// Where the job stands, in a word. A callback, which nobody works on, is said to wait.
  static String status(JobRecord job) {
    if (job.outcome() != null) {
      return job.outcome().code();
    }
    return callback(job).isPresent() ? "WAITING" : job.status().name();
  }
}
