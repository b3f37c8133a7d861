package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.Json;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Answers a callback, or whether a tool may be called.
@Command(
    name = "answer",
    description = {
      "Answers a callback, or whether a tool may be called (yes or no); once.",
      "Without an answer, lists what waits for one, as errand inbox does."
    })
final class AnswerCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "ID",
      description = {
        "The job that asks: its id, its key, or the beginning of its id.",
        "Or the id of the question itself, which errand inbox has; no NAME follows then."
      })
  @Nullable String id;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "NAME",
      description = "What the job calls the callback.")
  @Nullable String name;

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "VALUE",
      description = "The answer: JSON if it is, else text; default null.")
  @Nullable String value;

  @Option(names = "--text", description = "The answer is text, also if it looks like JSON.")
  boolean text;

  @Option(
      names = "--error",
      paramLabel = "TEXT",
      description = "Refuse to answer; the job's code gets this as an error.")
  @Nullable String error;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Why a tool may not be called; who wanted to call it is told.")
  @Nullable String reason;

  @Option(
      names = "--by",
      paramLabel = "NAME",
      description = "Who allows or denies it; default the user of this process.")
  @Nullable String by;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  AnswerCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      if (id == null) {
        refuseError();
        Inbox.of(errand).list(surroundings.screen(), json);
      } else {
        toJob(errand, errand.job(id));
      }
      return ExitCode.OK;
    }
  }

  private void toJob(Errand errand, Job job) {
    if (Titles.isApproval(job.record())) {
      toApproval(errand, job);
      return;
    }
    var callback = Titles.callback(job.record());
    if (callback.isPresent()) {
      toCallback(errand, job, callback.get());
    } else if (name != null) {
      answer(job, name, value);
    } else {
      refuseError();
      Inbox.of(errand, job).list(surroundings.screen(), json);
    }
  }

  private void toApproval(Errand errand, Job question) {
    if (name == null) {
      refuseError();
      var asking = errand.job(question.id().parent().orElseThrow().text());
      Inbox.of(errand, asking, question.id()).list(surroundings.screen(), json);
      return;
    }
    var isAllowed = Permission.read(name);
    if (isAllowed.isEmpty() || value != null || error != null || text) {
      throw Refusal.usage(
          "%s asks whether a tool may be called: answer yes or no, with --reason TEXT if you like"
              .formatted(question.id()));
    }
    if (isAllowed.get() && reason != null) {
      throw Refusal.usage("--reason says why a tool may not be called; leave it out with yes");
    }
    var who = by == null ? Permission.user() : by;
    var permission = new Permission(isAllowed.get(), who, Objects.requireNonNullElse(reason, ""));
    permission.on(errand, question.id());
    surroundings
        .screen()
        .line(
            json
                ? permission.json(question.id()).print()
                : Text.oneLine(
                    "%s of job %s is %s"
                        .formatted(
                            Titles.of(question.record()),
                            question.id().parent().orElseThrow(),
                            permission.words())));
  }

  private void toCallback(Errand errand, Job callback, String called) {
    if (value != null) {
      throw Refusal.usage(
          "%s is callback %s itself: give no NAME".formatted(callback.id(), called));
    }
    var asking = errand.job(callback.id().parent().orElseThrow().text());
    if (name != null || error != null) {
      answer(asking, called, name);
    } else {
      Inbox.of(errand, asking, callback.id()).list(surroundings.screen(), json);
    }
  }

  private void refuseError() {
    if (error != null) {
      throw Refusal.usage("--error needs the NAME of a callback");
    }
  }

  private void answer(Job job, String called, @Nullable String words) {
    if (reason != null) {
      throw Refusal.usage("--reason says why a tool may not be called; this is a callback");
    }
    if (words != null && error != null) {
      throw Refusal.usage("give a VALUE or --error, not both");
    }
    var answer = error == null ? new Answer.Given(read(words)) : new Answer.Refused(error);
    answer.to(job, called);
    surroundings
        .screen()
        .line(
            json
                ? answer.json(job, called).print()
                : Text.oneLine(
                    "callback %s of job %s is %s".formatted(called, job.id(), answer.words())));
  }

  private Json read(@Nullable String words) {
    if (words == null) {
      return Json.Null.VALUE;
    }
    try {
      return text ? new Json.Text(words) : Json.parse(words);
    } catch (IllegalArgumentException noJson) {
      return new Json.Text(words);
    }
  }
}
