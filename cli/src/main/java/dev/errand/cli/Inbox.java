package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.Callback;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Callbacks that wait for an answer, each with the path of the job that asks.
final class Inbox {
  private final Errand errand;
  private final List<Callback> callbacks;
  private final Map<JobId, String> titles = new HashMap<>();

  Inbox(Errand errand, List<Callback> callbacks) {
    this.errand = errand;
    this.callbacks = List.copyOf(callbacks);
  }

  /// For people.
  String table() {
    var table = new Table("ID", "CALLBACK", "AGE", "JOB", "PATH");
    for (var callback : callbacks) {
      table.row(
          callback.id().text(),
          Text.oneLine(callback.name()),
          Text.span(age(callback)),
          callback.job().text(),
          Text.oneLine(String.join(" / ", path(callback.job()))));
    }
    return table.toString();
  }

  /// For programs.
  Json.Array json() {
    return new Json.Array(callbacks.stream().<Json>map(this::json).toList());
  }

  private Json.Object json(Callback callback) {
    return Json.object("id", callback.id().text())
        .with("name", callback.name())
        .with("job", callback.job().text())
        .with("path", path(callback.job()))
        .with("since", callback.since().toString())
        .with("ageMillis", age(callback).toMillis());
  }

  private Duration age(Callback callback) {
    return Duration.between(callback.since(), errand.now());
  }

  /// What the jobs from the root down to this one are called.
  private List<String> path(JobId job) {
    var path = new ArrayList<String>();
    job.parent().ifPresent(parent -> path.addAll(path(parent)));
    path.add(titles.computeIfAbsent(job, this::title));
    return path;
  }

  private String title(JobId id) {
    var job = errand.store().find(id).orElseThrow();
    return job.origin().key() == null ? Titles.of(job) : job.origin().key();
  }
}
