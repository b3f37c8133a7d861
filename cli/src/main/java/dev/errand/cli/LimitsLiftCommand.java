package dev.errand.cli;

import dev.errand.job.Quota;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Lifts a limit that all workers of a store hold.
@Command(name = "lift", description = "Lifts a limit; what it held back goes on.")
final class LimitsLiftCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();

  @Parameters(
      paramLabel = "LIMIT",
      description = "Its name as listed, such as jobs:researcher or calls:openai.")
  String name = "";

  @Option(names = "--json", description = "Print the limits that are left as a JSON array.")
  boolean json;

  LimitsLiftCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      if (!errand.lift(name)) {
        var known = errand.limits().stream().map(Quota::name).collect(Collectors.joining(", "));
        throw Refusal.usage(
            "there is no limit %s; %s"
                .formatted(name, known.isEmpty() ? "none is set" : "set are " + known));
      }
      surroundings.screen().print(LimitsCommand.text(errand.limits(), json));
      return ExitCode.OK;
    }
  }
}
