package dev.errand.cli;

import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Shows a job and all below it.
@Command(name = "tree", description = "Shows a job and all jobs below it.")
final class TreeCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin JobOptions which = new JobOptions();

  TreeCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      var top = errand.job(which.id).record();
      var costs = Costs.of(Jobs.tree(errand.store(), top.id()));
      var standing = new Standing(errand, Lifetimes.ofTree(errand, top.id().root()));
      var screen = surroundings.screen();
      if (which.json) {
        screen.line(form(standing, top, costs).print());
      } else {
        screen.print(new TreeText(standing, costs, screen.glyphs()).of(top));
      }
      return ExitCode.OK;
    }
  }

  private static Json.Object form(Standing standing, JobRecord job, Costs costs) {
    var below =
        costs.children().getOrDefault(job.id(), List.of()).stream()
            .<Json>map(child -> form(standing, child, costs))
            .toList();
    return standing
        .json(job)
        .with("usage", Forms.usage(job.usage()))
        .with("usageInAll", Forms.usage(costs.inAll(job)))
        .with("children", new Json.Array(below));
  }
}
