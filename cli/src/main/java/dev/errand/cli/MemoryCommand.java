package dev.errand.cli;

import dev.errand.job.Json;
import dev.errand.job.MemorySummary;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Lists what memories there are; the commands below it look into one, and write it.
@Command(
    name = "memory",
    description = {
      "Lists the memories of agents, and how many cards each has.",
      "What is looked at here is not counted as retrieved."
    })
final class MemoryCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();

  @Option(names = "--json", description = "Print a JSON array.")
  boolean json;

  MemoryCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      var memories = errand.memories();
      var screen = surroundings.screen();
      if (json) {
        screen.line(Json.of(memories.stream().map(MemoryCommand::form).toList()).print());
        return ExitCode.OK;
      }
      var table = new Table("MEMORY", "CARDS", "LAST WRITTEN");
      for (var memory : memories) {
        table.row(
            memory.name(),
            Long.toString(memory.cards()),
            Text.span(Duration.between(memory.updated(), errand.now())) + " ago");
      }
      screen.print(
          memories.isEmpty() ? "no memories: no card was written yet\n" : table.toString());
      return ExitCode.OK;
    }
  }

  private static Json.Object form(MemorySummary memory) {
    return Json.object("name", memory.name())
        .with("cards", memory.cards())
        .with("updated", memory.updated().toString());
  }
}
