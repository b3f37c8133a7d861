package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.Callback;
import dev.errand.job.Json;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Answers a callback, or lists those that nobody has answered.
@Command(
    name = "answer",
    description = {
      "Answers a callback, once. Without NAME, lists the callbacks that nobody has answered:",
      "those of a job and of all below it, or of the whole store."
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
        "Or the id of the callback itself; no NAME follows then."
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
        list(errand, errand.callbacks());
      } else {
        toJob(errand, errand.job(id));
      }
      return ExitCode.OK;
    }
  }

  private void toJob(Errand errand, Job job) {
    var callback = Titles.callback(job.record());
    if (callback.isPresent()) {
      toCallback(errand, job, callback.get());
    } else if (name != null) {
      answer(job, name, value);
    } else {
      refuseError();
      list(errand, job.callbacks());
    }
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
      list(
          errand,
          asking.callbacks().stream().filter(open -> open.id().equals(callback.id())).toList());
    }
  }

  private void refuseError() {
    if (error != null) {
      throw Refusal.usage("--error needs the NAME of a callback");
    }
  }

  private void answer(Job job, String called, @Nullable String words) {
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

  private void list(Errand errand, List<Callback> callbacks) {
    var inbox = new Inbox(errand, callbacks);
    if (json) {
      surroundings.screen().line(inbox.json().print());
    } else {
      surroundings.screen().print(inbox.table());
    }
  }
}
