package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.Completion;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.StoredForm;
import dev.errand.job.Subtask;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Where jobs stand: for how long, what they wait for, and what came of them and their handlers.
final class Standing {
  private final Errand errand;
  private final Lifetimes lifetimes;

  Standing(Errand errand, Lifetimes lifetimes) {
    this.errand = errand;
    this.lifetimes = lifetimes;
  }

  /// In a line, after the job's title.
  ///
  /// @param cost in words; empty for none
  String line(JobRecord job, String cost) {
    return "(%s%s) %s%s".formatted(age(job), cost, state(job), ofHandler(job));
  }

  /// How long it has been there, or was.
  String age(JobRecord job) {
    return Text.span(lifetimes.age(job, errand.now()));
  }

  /// What it does, waits for, or came to.
  String state(JobRecord job) {
    if (Titles.callback(job).isPresent()) {
      return ofCallback(job.outcome());
    }
    if (job.outcome() != null) {
      var result = JobsCommand.result(job.outcome());
      return job.outcome().code() + (result.isEmpty() ? "" : ": " + result);
    }
    return waiting(job)
        .map(Waiting::words)
        .orElseGet(() -> job.status().name() + (lifetimes.wasRevived(job) ? " again" : ""));
  }

  private static String ofCallback(@Nullable Outcome outcome) {
    return switch (outcome) {
      case null -> "waits for an answer";
      case Outcome.Succeeded(var answer) -> "answered: " + answer.text();
      case Outcome.Failed(var error) -> "refused: " + error.message();
      case Outcome.Cancelled(var reason, var partial) -> "cancelled: " + reason;
      case Outcome.TimedOut(var reason, var partial) -> "timed out: " + reason;
      case Outcome.BudgetExhausted ignored -> "refused";
    };
  }

  /// What its parent has, where that is not what the job itself came to.
  private static String ofHandler(JobRecord job) {
    var handler = job.subtask();
    var completion = handler == null ? null : handler.completion();
    if (handler == null || completion == null || says(job.outcome(), completion)) {
      return "";
    }
    return "; handler " + handler(job, handler);
  }

  /// Whether the outcome says all that the handler has.
  private static boolean says(@Nullable Outcome outcome, Completion completion) {
    return completion.asOutcome().equals(outcome)
        || (outcome != null
            && outcome.isFromOutside()
            && completion.equals(Completion.ofUncompleted(outcome)));
  }

  /// The handler's state, and what it ended with.
  static String handler(JobRecord job, Subtask handler) {
    var state = handler.state(job.status()).name();
    return switch (handler.completion()) {
      case null -> state;
      case Completion.Result(var value) -> state + ": " + value.text();
      case Completion.Error(var error) -> state + ": " + error.message();
    };
  }

  /// What the job waits for; empty if it does not.
  Optional<Waiting> waiting(JobRecord job) {
    return job.status() == JobStatus.SUSPENDED
        ? errand.store().waiting(job.id()).map(wait -> Waiting.of(errand.store(), wait))
        : Optional.empty();
  }

  /// All of it, for programs.
  Json.Object json(JobRecord job) {
    return Forms.listed(job)
        .with("ended", lifetimes.end(job).map(Instant::toString).orElse(null))
        .with("ageMillis", lifetimes.age(job, errand.now()).toMillis())
        .with("deadline", deadline(job).map(Instant::toString).orElse(null))
        .with("revived", lifetimes.wasRevived(job))
        .with("waitsFor", waiting(job).map(Waiting::json).orElse(null))
        .with("handler", handlerJson(job));
  }

  private static @Nullable Json handlerJson(JobRecord job) {
    var handler = job.subtask();
    if (handler == null) {
      return null;
    }
    var outcome = handler.completion() == null ? null : handler.completion().asOutcome();
    return Json.object("state", handler.state(job.status()).name())
        .with("value", Forms.value(outcome))
        .with("error", Forms.error(outcome));
  }

  /// When the job must have ended; empty for one that has, and where there is no such moment.
  static Optional<Instant> deadline(JobRecord job) {
    return job.outcome() == null ? Optional.ofNullable(job.origin().deadline()) : Optional.empty();
  }

  /// The same as [#json] for one job, with what belongs to it.
  static Json.Object shown(Errand errand, JobRecord job) {
    var count = errand.store().count(job.id());
    var definition = errand.store().definition(job.definition());
    return new Standing(errand, Lifetimes.of(errand, job.id()))
        .json(job)
        .with("value", Forms.value(job.outcome()))
        .with("error", Forms.error(job.outcome()))
        .with("children", count.jobs())
        .with("done", count.done())
        .with("usage", Forms.usage(job.usage()))
        .with("usageInAll", Forms.usage(Jobs.usage(errand.store(), job.id())))
        .with("definition", definition.map(StoredForm::write).orElse(null));
  }
}
