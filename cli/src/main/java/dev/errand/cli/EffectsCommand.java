package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.JobEffect;
import dev.errand.job.Json;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Lists what jobs did to the outside.
@Command(
    name = "effects",
    description = "Lists the tool calls that are journalled, and what came of each.")
final class EffectsCommand implements Callable<Integer> {
  private static final int WIDTH = 60;

  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();

  @Parameters(
      paramLabel = "ID",
      arity = "0..1",
      description = "Those of this job and of all below it; default all of the store.")
  @Nullable String id;

  @Option(names = "--unknown", description = "Only those whose outcome nobody knows.")
  boolean unknown;

  @Option(names = "--json", description = "Print a JSON array.")
  boolean json;

  EffectsCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      var effects = effects(errand);
      var screen = surroundings.screen();
      if (json) {
        screen.line(new Json.Array(effects.stream().<Json>map(EffectForm::json).toList()).print());
      } else {
        screen.print(table(errand, effects));
      }
      return ExitCode.OK;
    }
  }

  private List<JobEffect> effects(Errand errand) {
    if (id == null) {
      return unknown ? errand.unknownEffects() : errand.effects();
    }
    var job = errand.job(id);
    return unknown ? job.unknownEffects() : job.effects();
  }

  private static String table(Errand errand, List<JobEffect> effects) {
    var table = new Table("KEY", "TOOL", "STATE", "AGE", "WHAT IS KNOWN");
    for (var effect : effects) {
      table.row(
          effect.key().text(),
          effect.effect().name(),
          EffectForm.state(effect.effect()),
          Text.span(Duration.between(effect.since(), errand.now())),
          Text.fit(EffectForm.words(effect.effect()), WIDTH));
    }
    return table.toString();
  }
}
