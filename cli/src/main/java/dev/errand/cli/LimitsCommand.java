package dev.errand.cli;

import dev.errand.job.Json;
import dev.errand.job.Quota;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Lists the limits that all workers of a store hold; the commands below it set and lift them.
@Command(
    name = "limits",
    description = {
      "Lists the limits that all workers of a store hold together: jobs at a",
      "time, and calls of models in a minute."
    })
final class LimitsCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();

  @Option(names = "--json", description = "Print a JSON array.")
  boolean json;

  LimitsCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      surroundings.screen().print(text(errand.limits(), json));
      return ExitCode.OK;
    }
  }

  /// Limits as commands print them.
  static String text(List<Quota> limits, boolean json) {
    if (json) {
      return Json.of(limits.stream().map(LimitsCommand::form).toList()).print() + "\n";
    }
    if (limits.isEmpty()) {
      return "no limits: set one with limits set\n";
    }
    var table = new Table("LIMIT", "AT MOST");
    limits.forEach(limit -> table.row(limit.name(), words(limit)));
    return table.toString();
  }

  private static String words(Quota limit) {
    return switch (limit) {
      case Quota.Jobs(var agent, var most) -> Text.count(most, "job", "jobs") + " at a time";
      case Quota.Calls(var model, var perMinute, var burst) ->
          Text.count(perMinute, "call", "calls")
              + " in a minute"
              + (burst == 1 ? "" : ", " + burst + " at once");
    };
  }

  private static Json.Object form(Quota limit) {
    return switch (limit) {
      case Quota.Jobs(var agent, var most) ->
          Json.object("name", limit.name()).with("agent", agent).with("jobs", most);
      case Quota.Calls(var model, var perMinute, var burst) ->
          Json.object("name", limit.name())
              .with("model", model)
              .with("callsPerMinute", perMinute)
              .with("burst", burst);
    };
  }
}
