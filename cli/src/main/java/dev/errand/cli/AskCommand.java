package dev.errand.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
  @Mixin SubmitOptions submitted = new SubmitOptions();
  @Mixin AgentChoice choice = new AgentChoice();

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "TEXT", description = "What to ask.")
  List<String> words = new ArrayList<>();

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
    submitted.check();
    var agent = choice.agent(surroundings);
    var budget = submitted.budget();
    try (var errand = Stores.open(surroundings, options, work.python())) {
      choice.agents.register(errand, surroundings, choice.asked(surroundings));
      boolean attaches = submitted.attaches(errand);
      var job =
          errand.submit(
              agent,
              spec -> {
                var asked = spec.message(text).budget(budget);
                return submitted.key == null ? asked : asked.key(submitted.key);
              });
      var output = submitted.json ? Attendance.Output.JSON : Attendance.Output.ANSWER;
      return new Attendance(surroundings, options, work, output)
          .attend(errand, job, attaches, false);
    }
  }
}
