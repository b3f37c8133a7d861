package dev.errand.cli;

import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.TaskError;
import dev.errand.job.Usage;
import dev.errand.job.Value;
import org.jspecify.annotations.Nullable;

/// The JSON that commands print.
final class Forms {
  private Forms() {}

  /// A job in a list; a callback has no agent, and is said to wait.
  static Json.Object listed(JobRecord job) {
    var callback = Titles.callback(job);
    var subtask = job.subtask();
    return Json.object("id", job.id().text())
        .with("key", job.origin().key())
        .with("parent", job.id().parent().map(JobId::text).orElse(null))
        .with("agent", callback.isPresent() ? null : job.origin().agent())
        .with("subtask", subtask == null || callback.isPresent() ? null : subtask.id())
        .with("callback", callback.orElse(null))
        .with("status", job.outcome() == null ? Titles.status(job) : job.status().name())
        .with("outcome", job.outcome() == null ? null : job.outcome().code())
        .with("created", job.origin().created().toString());
  }

  /// What a job that succeeded delivered, or one that did not had by then.
  static Json value(@Nullable Outcome outcome) {
    return switch (outcome) {
      case Outcome.Succeeded(var value) -> value(value);
      case Outcome.BudgetExhausted(var reason, var partial) -> value(partial);
      case Outcome.Cancelled(var reason, var partial) -> value(partial);
      case Outcome.TimedOut(var reason, var partial) -> value(partial);
      case null -> Json.Null.VALUE;
      case Outcome.Failed ignored -> Json.Null.VALUE;
    };
  }

  /// A value as it is; a Python object that JSON cannot hold as Python prints it.
  private static Json value(Value value) {
    return switch (value) {
      case Value.Plain(var json) -> json;
      case Value.Pickled pickled -> new Json.Text(pickled.text());
    };
  }

  /// Why a job did not succeed; null where it did.
  static Json error(@Nullable Outcome outcome) {
    return switch (outcome) {
      case Outcome.Failed(var error) -> error(error);
      case Outcome.Cancelled(var reason, var partial) -> error("cancelled", reason, "");
      case Outcome.TimedOut(var reason, var partial) -> error("timed_out", reason, "");
      case Outcome.BudgetExhausted(var reason, var partial) ->
          error("budget_exhausted", reason, "Grant more with `errand budget`, and say go on");
      case null -> Json.Null.VALUE;
      case Outcome.Succeeded ignored -> Json.Null.VALUE;
    };
  }

  private static Json error(TaskError error) {
    return error(error.kind().code(), error.message(), error.advice());
  }

  private static Json error(String kind, String message, String advice) {
    return Json.object("kind", kind).with("message", message).with("advice", advice);
  }

  static Json.Object usage(Usage usage) {
    return Json.object("calls", usage.calls())
        .with("inputTokens", usage.inputTokens())
        .with("outputTokens", usage.outputTokens())
        .with("microUsd", usage.microUsd());
  }

  static Json.Object entry(Entry entry) {
    return Json.object("sequence", entry.sequence())
        .with("time", entry.time().toString())
        .with("job", entry.job().text())
        .with("turn", entry.turn())
        .with("kind", entry.kind().code())
        .with("data", entry.data());
  }

  static Json.Object variable(StoredVariables.Stored stored) {
    var variable = stored.variable();
    return Json.object("name", variable.name())
        .with("type", variable.type())
        .with("bytes", variable.bytes())
        .with("preview", variable.preview())
        .with("lost", variable.lost().isEmpty() ? null : variable.lost())
        .with("chunk", stored.chunk().orElse(null))
        .with("since", stored.since());
  }

  static Json.Object difference(StoredVariables.Difference difference) {
    return switch (difference) {
      case StoredVariables.Added(var after) ->
          difference("added", after.name(), Json.Null.VALUE, variable(after));
      case StoredVariables.Removed(var before) ->
          difference("removed", before.name(), variable(before), Json.Null.VALUE);
      case StoredVariables.Changed(var before, var after) ->
          difference("changed", after.name(), variable(before), variable(after));
    };
  }

  private static Json.Object difference(String change, String name, Json before, Json after) {
    return Json.object("name", name)
        .with("change", change)
        .with("before", before)
        .with("after", after);
  }
}
