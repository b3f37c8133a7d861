package dev.errand.cli;

import dev.errand.Job;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Creates a job that stands where another one stood after a turn.
@Command(
    name = "fork",
    description = {
      "Creates a job that stands where this one stood right after a turn, with the variables and"
          + " the",
      "history of then. This one goes on undisturbed."
    })
final class ForkCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin JobOptions which = new JobOptions();

  @Option(
      names = "--at",
      paramLabel = "TURN",
      required = true,
      description = "The turn, counted from 0; -1 is before the first one.")
  int turn;

  @Option(names = "--id", paramLabel = "NEW", description = "The new job's id; default is drawn.")
  @Nullable String id;

  ForkCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    var wanted = id == null ? null : root(id);
    try (var errand = Stores.existing(surroundings, options)) {
      var job = errand.job(which.id);
      print(job, wanted == null ? job.fork(turn) : job.fork(turn, wanted));
      return ExitCode.OK;
    }
  }

  private static JobId root(String text) {
    try {
      var given = new JobId(text);
      if (given.parent().isEmpty()) {
        return given;
      }
    } catch (IllegalArgumentException malformed) {
      throw Refusal.usage(String.valueOf(malformed.getMessage()));
    }
    throw Refusal.usage("--id " + text + " is that of a child; a fork is a root, without a dot");
  }

  private void print(Job job, Job fork) {
    var screen = surroundings.screen();
    if (which.json) {
      var form = Json.object("id", fork.id().text()).with("from", job.id().text());
      screen.line(form.with("at", turn).print());
    } else {
      screen.line(fork.id().text());
      screen.say("errand: it goes on with: " + Foreground.resuming(surroundings, options));
    }
  }
}
