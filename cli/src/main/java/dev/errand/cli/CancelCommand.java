package dev.errand.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Has a job end, and all below it.
@Command(
    name = "cancel",
    description = {
      "Cancels a job and all below it: code and models are stopped at once,",
      "a tool that is being called has five seconds to finish.",
      "What no process works on ends at once, the rest within seconds."
    })
final class CancelCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin JobOptions which = new JobOptions();
  @ArgGroup How how = new How();

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for whoever waits for it.")
  String reason = "by errand cancel";

  /// No more than one of these.
  static final class How {
    @Option(
        names = "--ask",
        description = "Ask its model to come to an end, with one more turn for a summary.")
    boolean ask;

    @Option(names = "--kill", description = "Wait for no tool.")
    boolean kill;
  }

  CancelCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      var strength = how.ask ? Strength.ASK : how.kill ? Strength.KILL : Strength.CANCEL;
      var said = strength.apply(errand.job(which.id), reason);
      long stopping = said.number("stopping").orElse(0L);
      var job = said.text("job").orElse("");
      surroundings.screen().line(which.json ? said.print() : words(strength, job, stopping));
      return ExitCode.OK;
    }
  }

  private static String words(Strength strength, String job, long stopping) {
    if (strength == Strength.ASK) {
      return "job " + job + " is asked to come to an end";
    }
    return stopping == 0
        ? "job %s and all below it have ended, or are to end already".formatted(job)
        : "job %s: %d %s now".formatted(job, stopping, stopping == 1 ? "job ends" : "jobs end");
  }
}
