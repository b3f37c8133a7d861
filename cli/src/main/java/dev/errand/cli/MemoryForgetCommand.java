package dev.errand.cli;

import dev.errand.job.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Forgets cards.
@Command(
    name = "forget",
    description = {
      "Forgets cards of a memory. What models were shown of them stays in",
      "the histories of their jobs."
    })
final class MemoryForgetCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin MemoryOptions memory = new MemoryOptions();

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "CARD", description = "Ids of cards.")
  List<String> ids = new ArrayList<>();

  MemoryForgetCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      var from = memory.of(errand);
      var unknown = ids.stream().filter(id -> from.view().card(id).isEmpty()).toList();
      if (!unknown.isEmpty()) {
        throw Refusal.usage(
            "memory %s has no card %s; nothing was forgotten"
                .formatted(memory.name, String.join(", ", unknown)));
      }
      long forgotten = ids.stream().filter(from::forget).count();
      surroundings
          .screen()
          .line(
              memory.json
                  ? Json.object("forgotten", forgotten).print()
                  : "forgot " + Text.count(forgotten, "card", "cards"));
      return ExitCode.OK;
    }
  }
}
