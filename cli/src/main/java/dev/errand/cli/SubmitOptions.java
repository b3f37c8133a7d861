package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.Budget;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options of commands that submit a job and wait for its end.
final class SubmitOptions {
  @Option(
      names = "--id",
      paramLabel = "KEY",
      description = "The job's key: twice with the same key is one job, attached to and resumed.")
  @Nullable String key;

  @Option(
      names = "--budget",
      paramLabel = "DOLLARS",
      description = "What the job and all below it may spend on models, such as 2.00.")
  @Nullable String dollars;

  @Option(names = "--json", description = "Print one JSON object at the end, and nothing else.")
  boolean json;

  void check() {
    if (key != null && key.isBlank()) {
      throw Refusal.usage("--id must not be blank");
    }
  }

  /// What the job may spend.
  ///
  /// @throws Refusal if that is no amount
  Budget budget() {
    return BudgetCommand.budget(dollars, null);
  }

  /// Whether the job is there already.
  boolean attaches(Errand errand) {
    return key != null && errand.jobByKey(key).isPresent();
  }
}
