package dev.errand.cli;

import dev.errand.Job;
import dev.errand.job.Budget;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Shows what a job and all below it may spend on models, and have spent.
@Command(
    name = "budget",
    description = {
      "Shows what a job and all below it may spend on models, and have spent.",
      "Amounts are tokens and US dollars; a job without an account of its own",
      "draws on the nearest above it."
    })
final class BudgetCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin JobOptions which = new JobOptions();

  @Option(
      names = "--grant-usd",
      paramLabel = "DOLLARS",
      description = "Grant the job so much money more, such as 1.50.")
  @Nullable String dollars;

  @Option(
      names = "--grant-tokens",
      paramLabel = "COUNT",
      description = "Grant the job so many tokens more.")
  @Nullable Long tokens;

  BudgetCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      var job = errand.job(which.id);
      grant(job);
      var table = BudgetTable.of(errand, job);
      var screen = surroundings.screen();
      screen.print(which.json ? table.json().print() + "\n" : table.text());
      return ExitCode.OK;
    }
  }

  private void grant(Job job) {
    if (dollars != null || tokens != null) {
      job.grant(budget(dollars, tokens));
    }
  }

  /// An amount as commands are given it.
  static Budget budget(@Nullable String dollars, @Nullable Long tokens) {
    try {
      var money = dollars == null ? Budget.UNBOUNDED : Budget.usd(dollars).microUsd();
      return new Budget(tokens == null ? Budget.UNBOUNDED : tokens, money);
    } catch (IllegalArgumentException none) {
      throw Refusal.usage(String.valueOf(none.getMessage()));
    }
  }
}
