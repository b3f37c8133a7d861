package dev.errand.cli;

import dev.errand.agent.Memory;
import dev.errand.job.Card;
import dev.errand.job.Note;
import dev.errand.python.CPythonRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Writes a card.
@Command(name = "add", description = "Writes a card to a memory, which need not be there yet.")
final class MemoryAddCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin MemoryOptions memory = new MemoryOptions();

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "TEXT",
      description = "What to remember.")
  List<String> words = new ArrayList<>();

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description =
          "fact, concept, decision, constraint, preference or incident; default ${DEFAULT-VALUE}.")
  String type = "fact";

  @Option(names = "--about", paramLabel = "NAME", description = "Whom or what it is about.")
  List<String> entities = new ArrayList<>();

  @Option(
      names = "--importance",
      paramLabel = "NUMBER",
      description = "From 0 to 1; default ${DEFAULT-VALUE}.")
  double importance = 0.5;

  @Option(
      names = "--confidence",
      paramLabel = "NUMBER",
      description = "How sure it is, from 0 to 1; default ${DEFAULT-VALUE}.")
  double confidence = 1;

  @Option(
      names = "--id",
      paramLabel = "CARD",
      description = "The card's id; one that is there is left as it is. Default one that is drawn.")
  @Nullable String id;

  MemoryAddCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    var note = note();
    try (var errand = Stores.open(surroundings, options, new CPythonRuntime())) {
      var card = write(memory.of(errand), note);
      surroundings
          .screen()
          .line(
              memory.json
                  ? CardForm.json(card).print()
                  : "card " + card.id() + " of memory " + memory.name);
      return ExitCode.OK;
    }
  }

  private Note note() {
    try {
      return new Note(
          MemoryListCommand.type(type), String.join(" ", words), entities, importance, confidence);
    } catch (IllegalArgumentException wrong) {
      throw Refusal.usage(String.valueOf(wrong.getMessage()));
    }
  }

  private Card write(Memory to, Note note) {
    try {
      return id == null ? to.remember(note) : to.remember(id, note);
    } catch (IllegalArgumentException wrong) {
      throw Refusal.usage("--id: " + wrong.getMessage());
    }
  }
}
