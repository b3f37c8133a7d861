package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.Outcome;
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
  @Mixin AgentOptions agents = new AgentOptions();

  @Parameters(
      index = "0",
      paramLabel = "AGENT",
      description = "An agent's name as errand agents lists it, or a Markdown file.")
  String name = "";

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "TEXT", description = "What to ask.")
  List<String> words = new ArrayList<>();

  @Option(
      names = "--model",
      paramLabel = "PROVIDER:NAME",
      description =
          "The model, such as anthropic:NAME, openai:NAME or scripted:FILE.yaml; default the one of"
              + " the agent's file, or else of ERRAND_MODEL.")
  @Nullable String model;

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
    agents.check();
    var text = String.join(" ", words);
    if (text.isBlank()) {
      throw Refusal.usage("the question is blank");
    }
    if (key != null && key.isBlank()) {
      throw Refusal.usage("--id must not be blank");
    }
    var named = model == null ? null : ModelName.of(model, surroundings);
    var agent = agents.agent(surroundings, name, named);
    var budget = BudgetCommand.budget(dollars, null);
    try (var errand =
        Stores.open(surroundings.file(options.store), surroundings.directory(), work.python())) {
      agents.register(errand, surroundings);
      boolean attaches = key != null && errand.jobByKey(key).isPresent();
      var job =
          errand.submit(
              agent,
              spec -> {
                var asked = spec.message(text).budget(budget);
                return key == null ? asked : asked.key(key);
              });
      return work(errand, job, attaches);
    }
  }

  private int work(Errand errand, Job job, boolean attaches) throws InterruptedException {
    var screen = surroundings.screen();
    var view = new SilentView(work.view(screen, errand));
    var watch = new Watch(errand, job, view);
    if (attaches) {
      watch.catchUp(false);
    }
    new Foreground(screen, errand, work, Foreground.resuming(options)).work(job, watch, view);
    var report = new Report(errand, job, watch.lifetime());
    if (json) {
      screen.line(report.json().print());
    } else if (job.outcome().orElse(null) instanceof Outcome.Succeeded(var value)) {
      screen.line(value.text());
    }
    report.say(screen, work.quiet);
    return report.code();
  }
}
