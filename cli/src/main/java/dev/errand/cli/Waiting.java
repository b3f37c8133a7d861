package dev.errand.cli;

import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Wait;
import dev.errand.spi.Store;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a job waits for, with those it waits for.
///
/// @param handlers the jobs whose handlers have not ended
record Waiting(Wait on, List<JobRecord> handlers) {
  Waiting {
    handlers = List.copyOf(handlers);
  }

  static Waiting of(Store store, Wait on) {
    return new Waiting(on, store.find(on.handlers()));
  }

  /// In a few words.
  String words() {
    var until = on.until();
    if (handlers.isEmpty()) {
      return until == null ? "waits" : "sleeps until " + Text.moment(until);
    }
    return "waits for " + which() + atMost(until);
  }

  private String which() {
    if (handlers.size() == 1) {
      return Titles.awaited(handlers.getFirst());
    }
    return on.needed() == handlers.size() ? all() : on.needed() + " of " + all();
  }

  private String all() {
    long callbacks = handlers.stream().filter(job -> Titles.callback(job).isPresent()).count();
    long subtasks = handlers.size() - callbacks;
    var kinds = new ArrayList<String>();
    if (subtasks > 0) {
      kinds.add(Text.count(subtasks, "subtask", "subtasks"));
    }
    if (callbacks > 0) {
      kinds.add(Text.count(callbacks, "callback", "callbacks"));
    }
    return String.join(" and ", kinds);
  }

  private static String atMost(@Nullable Instant until) {
    return until == null ? "" : " until " + Text.moment(until);
  }

  Json.Object json() {
    var open = handlers.stream().<Json>map(Waiting::json).toList();
    return Json.object("needed", on.handlers().isEmpty() ? 0 : on.needed())
        .with("handlers", new Json.Array(open))
        .with("until", on.until() == null ? null : on.until().toString())
        .with("messageEnds", on.heedsMessages());
  }

  private static Json json(JobRecord handler) {
    var callback = Titles.callback(handler);
    var subtask = handler.subtask();
    return Json.object("job", handler.id().text())
        .with("subtask", callback.isPresent() || subtask == null ? null : subtask.id())
        .with("callback", callback.orElse(null));
  }
}
