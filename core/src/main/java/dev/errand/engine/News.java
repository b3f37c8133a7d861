package dev.errand.engine;

import dev.errand.job.Completion;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Subtask;
import dev.errand.job.Value;
import dev.errand.spi.Change;
import dev.errand.spi.Store;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a model was not told yet, told in one entry before its next turn.
///
/// @param ended subtasks, in the order in which they ended
/// @param messages what was said to the job, in the order in which it arrived
/// @param progress what subtasks last reported; told with other news or before a turn, and no
///   reason for one
/// @param found what was found out about calls of which its code was told that nobody knows
record News(
    List<JobRecord> ended, List<Entry> messages, List<Entry> progress, List<Json.Object> found) {
  private static final int MOST_LINES = 20;
  private static final int MOST_CHARACTERS = 2000;

  /// The news for a job with this history; `given` are children whose outcomes its code has.
  static News of(Store.News news, Set<JobId> given, List<Change.Recorded> history) {
    var told =
        of(history, Entry.Kind.NOTIFICATION).flatMap(News::effects).collect(Collectors.toSet());
    return new News(
        news.ended().stream().filter(child -> !given.contains(child.id())).toList(),
        news.messages(),
        news.progress(),
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
    return ended.isEmpty() && messages.isEmpty() && found.isEmpty();
  }

  /// The number of what happened last, if anything did.
  OptionalLong heard() {
    return LongStream.concat(
            ended.stream().mapToLong(child -> Objects.requireNonNull(child.subtask()).told()),
            Stream.concat(messages.stream(), progress.stream()).mapToLong(Entry::sequence))
        .max();
  }

  /// The ends that have a line of their own; where there are many, one line counts the others.
  List<JobRecord> namedEnds() {
    return ended.stream().limit(MOST_LINES).toList();
  }

  /// What the history is to say of them: the messages, each by itself, and then the rest.
  ///
  /// @param own what handlers of the job's own classes say of their ends, in place of the usual
  ///   words
  List<Change> entries(int turn, Map<JobId, String> own) {
    var said =
        messages.stream()
            .<Change>map(entry -> new Change.Recorded(turn, Entry.Kind.MESSAGE, entry.data()));
    boolean only = ended.isEmpty() && progress.isEmpty() && found.isEmpty();
    return Stream.concat(said, only ? Stream.of() : Stream.of(notification(turn, own))).toList();
  }

  private Change.Recorded notification(int turn, Map<JobId, String> own) {
    var text =
        Stream.of(reports(), ends(own), found.stream().map(News::found))
            .flatMap(lines -> lines)
            .map(line -> line + "\n")
            .collect(Collectors.joining());
    var jobs = ended.stream().map(child -> child.id().text()).toList();
    var data = Json.object("text", text).with("jobs", jobs);
    var keys = found.stream().map(News::key).toList();
    return new Change.Recorded(
        turn, Entry.Kind.NOTIFICATION, keys.isEmpty() ? data : data.with("effects", keys));
  }

  /// A line for each end, or where there are many, for the first of them and one for the others.
  private Stream<String> ends(Map<JobId, String> own) {
    var lines =
        namedEnds().stream()
            .map(child -> ended(Objects.requireNonNull(child.subtask()), own.get(child.id())));
    var others =
        ended.stream()
            .skip(MOST_LINES)
            .map(child -> Objects.requireNonNull(child.subtask()))
            .toList();
    if (others.isEmpty()) {
      return lines;
    }
    long failed =
        others.stream().filter(one -> one.completion() instanceof Completion.Error).count();
    var rest =
        "[Notification] %d more sub-tasks ended: %d completed, %d failed. sub_tasks() has them all."
            .formatted(others.size(), others.size() - failed, failed);
    return Stream.concat(lines, Stream.of(rest));
  }

  /// A line for each subtask that reported how far it has come, or for the latest of them.
  private Stream<String> reports() {
    return progress.stream()
        .skip(Math.max(0, progress.size() - MOST_LINES))
        .map(
            entry ->
                "[Progress] job %s: %s"
                    .formatted(
                        entry.job(), capped(Value.of(entry.data().text("text").orElse("")))));
  }

  private static String ended(Subtask subtask, @Nullable String own) {
    var callback = subtask.callback();
    if (callback.isPresent()) {
      return answered(callback.get(), subtask);
    }
    var id = named(subtask.id());
    return switch (Objects.requireNonNull(subtask.completion())) {
      case Completion.Result(var value) ->
          Objects.requireNonNullElse(
                  own, "[Notification] sub-task" + id + " completed successfully.")
              + " Result: "
              + capped(value);
      case Completion.Error(var error) ->
          Objects.requireNonNullElse(
              own, "[Error] sub-task" + id + " failed with " + error.message());
    };
  }

  private static String named(Json id) {
    return switch (id) {
      case Json.Null none -> "";
      case Json.Object titled -> " '" + titled.text(Subtask.TITLE).orElse("") + "'";
      default -> " id=" + Value.of(id).text();
    };
  }

  private static String answered(String name, Subtask subtask) {
    return switch (Objects.requireNonNull(subtask.completion())) {
      case Completion.Result(var value) ->
          "[Notification] callback %s was answered: %s".formatted(name, capped(value));
      case Completion.Error(var error) ->
          "[Error] callback %s ended with %s".formatted(name, error.message());
    };
  }

  /// The model reads the beginning; its code has the whole.
  private static String capped(Value value) {
    var text = value.text();
    int left = text.length() - MOST_CHARACTERS;
    return left <= 0
        ? text
        : text.substring(0, MOST_CHARACTERS)
            + "… (%d more characters; the handler's .result is the whole)".formatted(left);
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
