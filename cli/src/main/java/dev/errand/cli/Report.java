package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.Entry;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.TaskError;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Says how a job ended.
final class Report {
  private static final int PAGE = 1000;
  private static final int WIDTH = 200;

  private final Errand errand;
  private final Job job;

  private final Duration lifetime;

  Report(Errand errand, Job job, Duration lifetime) {
    this.errand = errand;
    this.job = job;
    this.lifetime = lifetime;
  }

  /// The answer of `run --json`.
  Json.Object json() {
    var record = job.record();
    return Json.object("id", record.id().text())
        .with("key", record.origin().key())
        .with("status", record.status().name())
        .with("outcome", record.outcome() == null ? null : record.outcome().code())
        .with("value", Forms.value(record.outcome()))
        .with("error", Forms.error(record.outcome()))
        .with("console", console())
        .with("children", job.count().jobs())
        .with("usage", Forms.usage(Jobs.usage(errand.store(), record.id())));
  }

  /// What the job printed, line by line.
  private List<String> console() {
    var text = new StringBuilder();
    long after = 0;
    List<Entry> page;
    do {
      page = job.history(after, PAGE);
      for (var entry : page) {
        after = entry.sequence();
        if (entry.kind() == Entry.Kind.CONSOLE) {
          text.append(entry.data().text("text").orElse(""));
        }
      }
    } while (page.size() == PAGE);
    return text.toString().lines().toList();
  }

  /// Tells of the end on standard error.
  void say(Screen screen, boolean quiet) {
    var record = job.record();
    switch (record.outcome()) {
      case null -> screen.say("errand: " + unfinished(record));
      case Outcome.Succeeded(var value) -> {
        if (!quiet) {
          screen.say("errand: " + Text.fit(headline(record) + ": " + value.text(), WIDTH));
        }
      }
      case Outcome.Failed(var error) -> {
        if (!error.trace().isBlank()) {
          screen.say(error.trace().stripTrailing());
        }
        screen.say(
            "errand: " + headline(record) + " (" + error.kind().code() + "): " + words(error));
      }
      case Outcome.Cancelled(var reason, var partial) ->
          screen.say("errand: " + headline(record) + ": " + reason);
      case Outcome.TimedOut(var reason, var partial) ->
          screen.say("errand: " + headline(record) + ": " + reason);
      case Outcome.BudgetExhausted(var reason, var partial) ->
          screen.say("errand: " + headline(record) + ": " + reason);
    }
  }

  private static String words(TaskError error) {
    var message = Text.oneLine(error.message());
    if (error.advice().isBlank()) {
      return message;
    }
    return message + (message.endsWith(".") ? " " : ". ") + Text.oneLine(error.advice());
  }

  private String headline(JobRecord record) {
    var outcome = record.outcome() == null ? "open" : record.outcome().code().replace('_', ' ');
    var children = job.count().jobs();
    return "job %s %s after %s%s"
        .formatted(
            record.id(),
            outcome,
            Text.span(lifetime),
            children == 0 ? "" : " with " + Text.count(children, "child", "children"));
  }

  private String unfinished(JobRecord record) {
    return "job %s has not ended and cannot go on here: %s"
        .formatted(
            record.id(),
            obstacle()
                .or(this::question)
                .map(Text::oneLine)
                .orElse("it waits for what no worker can do; errand tree shows what is open"));
  }

  /// What somebody outside is to answer.
  private Optional<String> question() {
    return job.approvals().stream()
        .findFirst()
        .map(
            call ->
                "it waits until a person allows %s; errand answer %s yes does that, or no"
                    .formatted(Text.fit(Inbox.words(call), WIDTH), call.id()))
        .or(this::callback);
  }

  private Optional<String> callback() {
    return job.callbacks().stream()
        .findFirst()
        .map(
            open ->
                "callback %s is not answered; errand answer %s %s VALUE does that"
                    .formatted(open.name(), open.job(), Text.quoted(open.name())));
  }

  private Optional<String> obstacle() {
    return Jobs.tree(errand.store(), job.id()).stream()
        .filter(below -> below.status() != JobStatus.DONE)
        .flatMap(below -> Jobs.obstacle(errand, below, Instant.EPOCH).stream())
        .findFirst();
  }

  /// The exit code that tells of it.
  int code() {
    return switch (job.record().outcome()) {
      case Outcome.Succeeded ignored -> ExitCode.OK;
      case Outcome.Failed ignored -> ExitCode.FAILED;
      case Outcome.Cancelled ignored -> ExitCode.FAILED;
      case Outcome.TimedOut ignored -> ExitCode.FAILED;
      case Outcome.BudgetExhausted ignored -> ExitCode.FAILED;
      case null -> ExitCode.FAILED;
    };
  }
}
