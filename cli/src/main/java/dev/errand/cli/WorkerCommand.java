package dev.errand.cli;

import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Works on the jobs of a store for as long as it is let.
@Command(
    name = "worker",
    description = {
      "Works on the jobs of a store until it is told to end; any number may work on one store.",
      "Told to end by SIGTERM or Ctrl-C, it leaves its jobs to the others first; told twice, it"
          + " ends at once. errand resume ends by itself instead, when nothing can go on."
    })
final class WorkerCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin WorkOptions work = new WorkOptions();
  @Mixin DrainOptions drain = new DrainOptions();
  @Mixin AgentOptions agents = new AgentOptions();

  @Option(
      names = "--lease",
      paramLabel = "SECONDS",
      description =
          "How long others leave this worker's jobs alone if it dies; default ${DEFAULT-VALUE}.")
  int lease = 30;

  @Option(names = "--json", description = "Print each line as a JSON object.")
  boolean json;

  WorkerCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws InterruptedException {
    work.check();
    drain.check();
    agents.check();
    if (lease < 1) {
      throw Refusal.usage("--lease must be at least 1, not " + lease);
    }
    try (var termination = Termination.heeded();
        var errand = Stores.open(surroundings, options, work.python())) {
      agents.register(errand, surroundings);
      work.start(errand, Duration.ofSeconds(lease));
      tellBegin();
      var cause = DrainOptions.awaitEnd(termination, errand, surroundings.screen());
      tellDrain();
      var left = drain.drain(errand);
      tellEnd(left);
      return DrainOptions.exitCode(cause, left);
    }
  }

  private static long pid() {
    return ProcessHandle.current().pid();
  }

  private void tellBegin() {
    var store = options.place(surroundings).shown();
    tell(
        "worker %d works on jobs of %s, %d at a time".formatted(pid(), store, work.concurrency),
        Json.object("event", "works")
            .with("pid", pid())
            .with("store", store)
            .with("concurrency", work.concurrency));
  }

  private void tellDrain() {
    tell(
        "worker %d leaves its jobs to others, within %d s".formatted(pid(), drain.seconds),
        Json.object("event", "drains").with("pid", pid()).with("withinSeconds", drain.seconds));
  }

  /// A program is told of the end in any case; people see it, and are told what it left.
  private void tellEnd(List<JobId> left) {
    if (json) {
      var ids = left.stream().map(JobId::text).toList();
      surroundings
          .screen()
          .line(Json.object("event", "ended").with("pid", pid()).with("left", ids).print());
    } else if (!left.isEmpty()) {
      surroundings.screen().say("errand: " + DrainOptions.words(left));
    }
  }

  private void tell(String words, Json.Object form) {
    surroundings.screen().line(json ? form.print() : words);
  }
}
