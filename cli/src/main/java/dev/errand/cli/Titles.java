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

  /// The callback it is, its subtask id, or else its agent.
  static String of(JobRecord job) {
    return callback(job).map(name -> "callback " + name).orElseGet(() -> ofJob(job));
  }

  private static String ofJob(JobRecord job) {
    var subtask = job.subtask();
    return subtask == null || subtask.id() instanceof Json.Null || subtask.isFuture()
        ? job.origin().agent()
        : Value.of(subtask.id()).text();
  }

  /// Where the job stands, in a word. A callback, which nobody works on, is said to wait.
  static String status(JobRecord job) {
    if (job.outcome() != null) {
      return job.outcome().code();
    }
    return callback(job).isPresent() ? "WAITING" : job.status().name();
  }
}
