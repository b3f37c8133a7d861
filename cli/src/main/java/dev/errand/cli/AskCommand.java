package dev.errand.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Asks an agent something, and works until it has answered.
@Command(
    name = "ask",
    description = {
      "Asks an agent something, as a job, and works until that and all below it are done.",
      "The answer appears on standard output, all else on standard error."
    })
final class AskCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin WorkOptions work = new WorkOptions();
  @Mixin AgentChoice choice = new AgentChoice();

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "TEXT", description = "What to ask.")
  List<String> words = new ArrayList<>();

  @Option(
      names = "--id",
      paramLabel = "KEY",
      description = "The job's key: twice with the same key is one job, attached to and resumed.")
  @Nullable String key;

  @Option(
      names = "--budget",
      paramLabel = "DOLLARS",
      description = "What the job and all below it may spend on models, such as 2.00.")
  @Nullable String dollars;

  @Option(names = "--json", description = "Print one JSON object at the end, and nothing else.")
  boolean json;

  AskCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws InterruptedException {
    work.check();
    var text = String.join(" ", words);
    if (text.isBlank()) {
      throw Refusal.usage("the question is blank");
    }
    if (key != null && key.isBlank()) {
      throw Refusal.usage("--id must not be blank");
    }
    var agent = choice.agent(surroundings);
    var budget = BudgetCommand.budget(dollars, null);
    try (var errand =
        Stores.open(surroundings.file(options.store), surroundings.directory(), work.python())) {
      choice.agents.register(errand, surroundings);
      boolean attaches = key != null && errand.jobByKey(key).isPresent();
      var job =
          errand.submit(
              agent,
              spec -> {
                var asked = spec.message(text).budget(budget);
                return key == null ? asked : asked.key(key);
              });
      var output = json ? Attendance.Output.JSON : Attendance.Output.ANSWER;
      return new Attendance(surroundings, options, work, output)
          .attend(errand, job, attaches, false);
    }
  }
}
