package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Lists the jobs of a store.
@Command(name = "jobs", description = "Lists the root jobs of a store, or all of them.")
final class JobsCommand implements Callable<Integer> {
  private static final int RESULT_WIDTH = 60;

  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();

  @Option(names = "--all", description = "List the children too.")
  boolean all;

  @Option(names = "--json", description = "Print a JSON array of all jobs, children too.")
  boolean json;

  JobsCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      if (json) {
        var jobs = Jobs.all(errand).stream().<Json>map(Forms::listed).toList();
        surroundings.screen().line(new Json.Array(jobs).print());
      } else {
        surroundings.screen().print(table(errand));
      }
      return ExitCode.OK;
    }
  }

  private String table(Errand errand) {
    var table = new Table("ID", "KEY", "AGENT", "STATUS", "CHILDREN", "CREATED", "RESULT");
    for (var job : all ? Jobs.all(errand) : Jobs.roots(errand)) {
      var count = job.id().depth() == 0 ? errand.store().count(job.id()) : null;
      table.row(
          job.id().text(),
          job.origin().key() == null ? "-" : job.origin().key(),
          Titles.callback(job).isPresent() ? Titles.of(job) : job.origin().agent(),
          Titles.status(job),
          count == null || count.jobs() == 0 ? "-" : count.done() + "/" + count.jobs(),
          Text.moment(job.origin().created()),
          Text.fit(result(job.outcome()), RESULT_WIDTH));
    }
    return table.toString();
  }

  /// What came of a job, in words.
  static String result(@Nullable Outcome outcome) {
    return switch (outcome) {
      case null -> "";
      case Outcome.Succeeded(var value) -> value.text();
      case Outcome.Failed(var error) -> error.message();
      case Outcome.Cancelled(var reason, var partial) -> reason;
      case Outcome.TimedOut(var reason, var partial) -> reason;
      case Outcome.BudgetExhausted(var reason, var partial) -> reason;
    };
  }
}
