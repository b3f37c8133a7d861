package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.Usage;
import dev.errand.job.Value;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Shows one job.
@Command(name = "show", description = "Shows one job: where it stands, and how it ended.")
final class ShowCommand implements Callable<Integer> {
  private static final int LABEL_WIDTH = 10;
  private static final int WIDTH = 200;

  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin JobOptions which = new JobOptions();

  ShowCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      var job = errand.job(which.id);
      var screen = surroundings.screen();
      screen.print(
          which.json ? Standing.shown(errand, job.record()).print() + "\n" : words(errand, job));
      return ExitCode.OK;
    }
  }

  private static String words(Errand errand, Job job) {
    var record = job.record();
    var text = new StringBuilder();
    add(text, "job", record.id().text());
    add(text, "key", record.origin().key() == null ? "" : record.origin().key());
    add(text, "parent", record.id().parent().map(JobId::text).orElse(""));
    addNames(text, record);
    var standing = new Standing(errand, Lifetimes.of(errand, record.id()));
    add(text, "status", status(standing, record));
    add(text, "hears", standing.waiting(record).map(ShowCommand::hears).orElse(""));
    add(text, "created", Text.moment(record.origin().created()));
    add(text, record.outcome() == null ? "age" : "took", standing.age(record));
    add(text, "deadline", Standing.deadline(record).map(Text::moment).orElse(""));
    var count = errand.store().count(record.id());
    add(text, "children", count.jobs() == 0 ? "" : count.done() + " of " + count.jobs() + " done");
    add(text, "usage", used(record.usage()));
    var all = Jobs.usage(errand.store(), record.id());
    add(text, "in all", all.equals(record.usage()) ? "" : used(all));
    if (record.subtask() != null) {
      add(text, "handler", Text.fit(Standing.handler(record, record.subtask()), WIDTH));
    }
    if (record.outcome() != null) {
      add(text, "outcome", record.outcome().code());
      add(text, "result", JobsCommand.result(record.outcome()));
      add(text, "had", partial(record.outcome()));
    }
    if (record.outcome() instanceof Outcome.Failed(var error)) {
      add(text, "kind", error.kind().code());
      add(text, "advice", error.advice());
      text.append(error.trace());
    }
    return text.toString();
  }

  /// What a job that was cut off had by then.
  private static String partial(Outcome outcome) {
    var had =
        switch (outcome) {
          case Outcome.Cancelled(var reason, var partial) -> partial;
          case Outcome.TimedOut(var reason, var partial) -> partial;
          case Outcome.BudgetExhausted(var reason, var partial) -> partial;
          case Outcome.Succeeded ignored -> Value.none();
          case Outcome.Failed ignored -> Value.none();
        };
    return had.equals(Value.none()) ? "" : Text.fit(had.text(), WIDTH);
  }

  private static String used(Usage usage) {
    return usage.calls() == 0 ? "" : Costs.words(usage);
  }

  private static String status(Standing standing, JobRecord record) {
    var status = record.status().name();
    return record.outcome() != null
        ? status
        : standing
            .waiting(record)
            .map(waiting -> status + ", " + waiting.words())
            .orElseGet(() -> standing.state(record));
  }

  private static void addNames(StringBuilder text, JobRecord record) {
    var callback = Titles.callback(record);
    if (callback.isPresent()) {
      add(text, "callback", callback.get());
      return;
    }
    add(text, "agent", record.origin().agent());
    var id = record.subtask() == null ? Json.Null.VALUE : record.subtask().id();
    add(text, "subtask", record.subtask() == null ? "" : Titles.attempt(id).orElse(id.print()));
  }

  private static String hears(Waiting waiting) {
    return waiting.on().heedsMessages() ? "messages: errand say ends its waiting" : "";
  }

  private static void add(StringBuilder text, String label, String value) {
    if (!value.isEmpty()) {
      text.append(label).append(" ".repeat(LABEL_WIDTH - label.length()));
      text.append(value.strip()).append('\n');
    }
  }
}
