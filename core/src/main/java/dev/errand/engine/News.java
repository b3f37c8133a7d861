package dev.errand.engine;

import dev.errand.job.Completion;
import dev.errand.job.Entry;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Subtask;
import dev.errand.job.Value;
import dev.errand.spi.Change;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a model was not told yet, told in one entry before its next turn.
///
/// @param ended subtasks, in the order in which they ended
/// @param found what was found out about calls of which its code was told that nobody knows
record News(List<JobRecord> ended, List<Json.Object> found) {
  /// The news for a job with this history.
  static News of(List<JobRecord> ended, List<Change.Recorded> history) {
    var told =
        of(history, Entry.Kind.NOTIFICATION).flatMap(News::effects).collect(Collectors.toSet());
    return new News(
        ended,
        of(history, Entry.Kind.EFFECT_RESOLVED)
            .filter(data -> data.get("told").equals(Optional.of(new Json.Bool(true))))
            .filter(data -> !told.contains(key(data)))
            .toList());
  }

  private static Stream<Json.Object> of(List<Change.Recorded> history, Entry.Kind kind) {
    return history.stream().filter(entry -> entry.kind() == kind).map(Change.Recorded::data);
  }

  private static Stream<Json> effects(Json.Object data) {
    return data.get("effects").stream().flatMap(keys -> ((Json.Array) keys).items().stream());
  }

  private static Json key(Json.Object data) {
    return data.get("key").orElse(Json.Null.VALUE);
  }

  boolean isEmpty() {
    return ended.isEmpty() && found.isEmpty();
  }

  /// The number of the last end, if there is one.
  Optional<Long> heard() {
    return ended.isEmpty()
        ? Optional.empty()
        : Optional.of(Objects.requireNonNull(ended.getLast().subtask()).told());
  }

  Change.Recorded entry(int turn) {
    var text =
        Stream.concat(
                ended.stream().map(child -> ended(Objects.requireNonNull(child.subtask()))),
                found.stream().map(News::found))
            .map(line -> line + "\n")
            .collect(Collectors.joining());
    var jobs = ended.stream().map(child -> child.id().text()).toList();
    var data = Json.object("text", text).with("jobs", jobs);
    var keys = found.stream().map(News::key).toList();
    return new Change.Recorded(
        turn, Entry.Kind.NOTIFICATION, keys.isEmpty() ? data : data.with("effects", keys));
  }

  private static String ended(Subtask subtask) {
    var id = subtask.id() instanceof Json.Null ? "" : " id=" + Value.of(subtask.id()).text();
    return switch (Objects.requireNonNull(subtask.completion())) {
      case Completion.Result(var value) ->
          "[Notification] sub-task" + id + " completed successfully. Result: " + value.text();
      case Completion.Error(var error) ->
          "[Error] sub-task" + id + " failed with " + error.message();
    };
  }

  private static String found(Json.Object data) {
    var finding =
        data.text("result")
            .map(result -> "returned " + result)
            .or(() -> data.text("error").map(error -> "failed with " + error))
            .orElse("was not made");
    return "[Notification] the call of %s (%s), whose outcome was unknown, %s"
        .formatted(data.text("tool").orElse(""), data.text("key").orElse(""), finding);
  }
}
