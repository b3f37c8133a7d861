package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.job.Json;
import dev.errand.spi.WorkspaceRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Submits a file as the code of a root job, and works until its tree is done.
@Command(
    name = "run",
    description = {
      "Submits a Python file as the code of a root job, and works until its tree is done.",
      "What the job prints appears on standard output, all else on standard error."
    })
final class RunCommand implements Callable<Integer> {
  private static final String CPYTHON = "cpython";

  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin WorkOptions work = new WorkOptions();
  @Mixin SubmitOptions submitted = new SubmitOptions();

  @Parameters(paramLabel = "FILE.py", description = "The code of the job, UTF-8.")
  String file = "";

  @Option(
      names = "--var",
      paramLabel = "NAME=VALUE",
      description =
          "A variable of the job: NAME=VALUE is text, NAME=@FILE a file's text, NAME:=JSON any"
              + " value.")
  List<String> variables = new ArrayList<>();

  @Option(
      names = "--runtime",
      paramLabel = "NAME",
      description =
          "Where the code runs; default ${DEFAULT-VALUE}. The doctor lists what there is.")
  String runtime = CPYTHON;

  @Option(
      names = "--model",
      paramLabel = "PROVIDER:NAME",
      description = "Give the job a model, such as scripted:FILE.yaml; default none.")
  @Nullable String model;

  @Option(
      names = "--replay-output",
      description = "Print what the job printed before this process attached, too.")
  boolean replayOutput;

  RunCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws InterruptedException {
    work.check();
    submitted.check();
    checkRuntime();
    var agent = agent();
    var given = Variables.of(variables, surroundings);
    var code = SourceFile.read(surroundings.file(file), file);
    var python = work.python();
    if (runtime.equals(CPYTHON)) {
      Syntax.checked(python, code, file);
    }
    try (var errand = Stores.open(surroundings, options, python)) {
      boolean attaches = submitted.attaches(errand);
      var job = submit(errand, agent, code, given);
      var output = submitted.json ? Attendance.Output.JSON : Attendance.Output.CONSOLE;
      return new Attendance(surroundings, options, work, output)
          .attend(errand, job, attaches, replayOutput);
    }
  }

  private void checkRuntime() {
    var known = new TreeSet<String>();
    for (var found : ServiceLoader.load(WorkspaceRuntime.class)) {
      try (found) {
        known.add(found.name());
      }
    }
    if (!known.contains(runtime)) {
      throw Refusal.usage(
          "there is no runtime " + runtime + "; known is " + String.join(", ", known));
    }
  }

  private Agent agent() {
    var agent = Agent.named("main").runtime(runtime);
    return (model == null ? agent : agent.model(ModelName.of(model, surroundings))).build();
  }

  private Job submit(Errand errand, Agent agent, String code, Json.Object given) {
    var budget = submitted.budget();
    return errand.submit(
        agent,
        spec -> {
          given.members().forEach(spec::var);
          spec.budget(budget);
          return submitted.key == null ? spec.code(code) : spec.code(code).key(submitted.key);
        });
  }
}
