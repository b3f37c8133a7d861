package dev.errand.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Searches a memory.
@Command(
    name = "search",
    description = {
      "Lists the cards of a memory that fit some words, the best first,",
      "as an agent would be shown them."
    })
final class MemorySearchCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin MemoryOptions memory = new MemoryOptions();

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "WORDS",
      description = "What to look for.")
  List<String> words = new ArrayList<>();

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "At most so many; default ${DEFAULT-VALUE}.")
  int top = 15;

  MemorySearchCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    if (top < 1) {
      throw Refusal.usage("--top must be at least 1, not " + top);
    }
    try (var errand = Stores.existing(surroundings, options)) {
      var found = memory.of(errand).view().search(String.join(" ", words), top);
      var none = "no card of memory " + memory.name + " fits";
      CardForm.print(surroundings.screen(), memory.json, found, errand, none);
      return ExitCode.OK;
    }
  }
}
