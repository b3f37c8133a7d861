package dev.errand.cli;

import dev.errand.agent.MemoryView;
import dev.errand.job.Card;
import dev.errand.job.Note;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Lists the cards of a memory.
@Command(name = "list", description = "Lists the cards of a memory, those written last first.")
final class MemoryListCommand implements Callable<Integer> {
  private static final int PAGE = 1_000;

  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin MemoryOptions memory = new MemoryOptions();

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "Only fact, concept, decision, constraint, preference or incident.")
  @Nullable String type;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "At most so many; default ${DEFAULT-VALUE}.")
  int limit = 100;

  MemoryListCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    if (limit < 1) {
      throw Refusal.usage("--limit must be at least 1, not " + limit);
    }
    var only = type == null ? null : type(type);
    try (var errand = Stores.existing(surroundings, options)) {
      var all = all(memory.of(errand).view());
      var chosen =
          all.stream()
              .filter(card -> only == null || card.note().type() == only)
              .sorted(Comparator.comparing(Card::updated).reversed())
              .limit(limit)
              .toList();
      var none =
          "memory " + memory.name + " has no " + (only == null ? "" : only.code() + " ") + "card";
      CardForm.print(surroundings.screen(), memory.json, chosen, errand, none);
      return ExitCode.OK;
    }
  }

  /// @throws Refusal if it is none
  static Note.Type type(String name) {
    try {
      return Note.Type.ofCode(name);
    } catch (IllegalArgumentException none) {
      throw Refusal.usage("--type: " + none.getMessage());
    }
  }

  private static List<Card> all(MemoryView memory) {
    var all = new ArrayList<Card>();
    List<Card> page;
    do {
      page = memory.cards(all.isEmpty() ? "" : all.getLast().id(), PAGE);
      all.addAll(page);
    } while (page.size() == PAGE);
    return all;
  }
}
