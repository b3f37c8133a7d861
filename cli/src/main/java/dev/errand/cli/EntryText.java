package dev.errand.cli;

import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.ToolCall;
import dev.errand.job.Value;
import java.util.ArrayList;

/// An entry of history in words.
final class EntryText {
  private EntryText() {}

  /// What the entry says, without its time and job; may have several lines.
  static String of(Entry entry) {
    var data = entry.data();
    return switch (entry.kind()) {
      case REPLY -> reply(data);
      case SIGNAL,
          MESSAGE,
          CONSOLE,
          PROGRESS,
          NOTIFICATION,
          REMINDER,
          RECEIPT,
          BUDGET_SPENT,
          COMPACTED,
          SUBTASK_REFUSED,
          NOTICE ->
          text(data, "text").stripTrailing();
      case RECALLED ->
          text(data, "text").isEmpty()
              ? "no card of memory " + text(data, "memory") + " fits"
              : text(data, "text");
      case JOB_ENDED, JOB_STOPPING -> text(data, "outcome") + ": " + text(data, "text");
      case PERMISSION_GRANTED ->
          "job %s of agent %s may call %s all the same, under the grant '%s'"
              .formatted(
                  text(data, "job"),
                  text(data, "agent"),
                  data.get("rules").map(Json::print).orElse(""),
                  text(data, "name"));
      case JOB_REVIVED -> "goes on for " + text(data, "for");
      case EXCEPTION, JOB_FAILING -> {
        var trace = text(data, "trace");
        yield trace.isBlank() ? text(data, "message") : trace.stripTrailing();
      }
      case TOOL -> called(data) + outcome(data, " = ");
      case EFFECT_UNKNOWN -> called(data) + " has an unknown outcome, key " + text(data, "key");
      case EFFECT_RESOLVED ->
          text(data, "tool") + " " + text(data, "key") + " was resolved:" + outcome(data, " ");
      case JOB_CREATED -> "agent " + text(data, "agent") + fork(data);
      case SUBTASK_SPAWNED -> named(data, "agent " + text(data, "agent"));
      case SUBTASK_COMPLETED, SUBTASK_FAILED, SUBTASK_CANCELLED, SUBTASK_TIMED_OUT ->
          named(data, text(data, "text"));
    };
  }

  private static String fork(Json.Object data) {
    return data.text("from")
        .map(from -> ", forked from " + from + " after turn " + data.number("at").orElse(-1L))
        .orElse("");
  }

  /// The words of a model, and below them what it calls.
  private static String reply(Json.Object data) {
    var lines = new ArrayList<String>();
    data.text("text")
        .filter(words -> !words.isBlank())
        .ifPresent(words -> lines.add(words.stripTrailing()));
    if (data.get("calls").orElse(Json.Null.VALUE) instanceof Json.Array(var calls)) {
      for (var form : calls) {
        var call = ToolCall.of((Json.Object) form);
        lines.add("calls " + call.name() + " " + call.arguments().print());
      }
    }
    if (data.get("cutOff").isPresent()) {
      lines.add("(cut off: nothing of it is carried out)");
    }
    return String.join("\n", lines);
  }

  private static String called(Json.Object data) {
    return text(data, "tool") + data.get("arguments").map(Json::print).orElse("");
  }

  private static String outcome(Json.Object data, String returned) {
    return data.text("error")
        .map(error -> " failed: " + error)
        .or(() -> data.text("result").map(result -> returned + result))
        .orElse(" not made");
  }

  private static String named(Json.Object data, String words) {
    return data.get("id")
        .map(EntryText::name)
        .filter(name -> !name.isEmpty())
        .map(name -> name + ": " + words)
        .orElse(words);
  }

  private static String name(Json id) {
    return id instanceof Json.Object callback
        ? callback
            .text("callback")
            .or(() -> Titles.attempt(id))
            .or(() -> Titles.subTask(id))
            .orElse("")
        : Value.of(id).text();
  }

  private static String text(Json.Object data, String name) {
    return data.text(name).orElse("");
  }
}
