package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.StoredForm;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Shows one job.
@Command(name = "show", description = "Shows one job: where it stands, and how it ended.")
final class ShowCommand implements Callable<Integer> {
  private static final int LABEL_WIDTH = 10;

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
      screen.print(which.json ? form(errand, job).print() + "\n" : words(errand, job));
      return ExitCode.OK;
    }
  }

  private static Json.Object form(Errand errand, Job job) {
    var record = job.record();
    var definition = errand.store().definition(record.definition());
    return Forms.listed(record)
        .with("value", Forms.value(record.outcome()))
        .with("error", Forms.error(record.outcome()))
        .with("children", below(errand, record).jobs())
        .with("done", below(errand, record).done())
        .with("usage", Forms.usage(record.usage()))
        .with("definition", definition.map(StoredForm::write).orElse(null));
  }

  private static dev.errand.spi.Store.Count below(Errand errand, JobRecord record) {
    return errand.store().count(record.id());
  }

  private static String words(Errand errand, Job job) {
    var record = job.record();
    var text = new StringBuilder();
    add(text, "job", record.id().text());
    add(text, "key", record.origin().key() == null ? "" : record.origin().key());
    add(text, "parent", record.id().parent().map(JobId::text).orElse(""));
    add(text, "agent", record.origin().agent());
    add(text, "subtask", record.subtask() == null ? "" : record.subtask().id().print());
    add(text, "status", record.status().name());
    add(text, "created", Text.moment(record.origin().created()));
    var count = below(errand, record);
    add(text, "children", count.jobs() == 0 ? "" : count.done() + " of " + count.jobs() + " done");
    if (record.usage().calls() > 0) {
      add(text, "usage", Forms.usage(record.usage()).print());
    }
    if (record.outcome() != null) {
      add(text, "outcome", record.outcome().code());
      add(text, "result", JobsCommand.result(record.outcome()));
    }
    if (record.outcome() instanceof Outcome.Failed(var error)) {
      add(text, "kind", error.kind().code());
      add(text, "advice", error.advice());
      text.append(error.trace());
    }
    return text.toString();
  }

  private static void add(StringBuilder text, String label, String value) {
    if (!value.isEmpty()) {
      text.append(label).append(" ".repeat(LABEL_WIDTH - label.length()));
      text.append(value.strip()).append('\n');
    }
  }
}
