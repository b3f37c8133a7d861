package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Works on all jobs of a store until none can go on by itself.
@Command(
    name = "resume",
    description = "Works on the jobs of a store until none can go on by itself.")
final class ResumeCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin WorkOptions work = new WorkOptions();

  ResumeCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws InterruptedException {
    work.check();
    var screen = surroundings.screen();
    try (var errand = Stores.existing(surroundings, options)) {
      var open = open(errand);
      var interruption = Interruption.calls(() -> interrupted(errand));
      try {
        if (errand.store().busy()) {
          work.start(errand);
          untilNothingGoesOn(errand);
        }
      } finally {
        interruption.close();
      }
      if (!work.quiet) {
        open.forEach(root -> screen.say("errand: " + standing(errand, root)));
        waiting(errand).forEach(words -> screen.say("errand: " + words));
      }
      return ExitCode.OK;
    }
  }

  private void interrupted(Errand errand) {
    surroundings
        .screen()
        .sayLast("errand: interrupted; jobs go on with: " + Foreground.resuming(options));
    errand.close();
  }

  /// The trees in which something is still to be done.
  private static List<JobRecord> open(Errand errand) {
    return Jobs.roots(errand).stream()
        .filter(
            root -> {
              var count = errand.store().count(root.id());
              return root.outcome() == null || count.done() < count.jobs();
            })
        .toList();
  }

  private void untilNothingGoesOn(Errand errand) throws InterruptedException {
    while (errand.store().busy() && !(errand.idle() && allLackSomething(errand))) {
      Pace.pause(errand);
    }
  }

  private static boolean allLackSomething(Errand errand) {
    return errand.jobs().stream()
        .filter(job -> job.status() != JobStatus.DONE && job.status() != JobStatus.SUSPENDED)
        .allMatch(job -> errand.lacking(job).isPresent());
  }

  /// What the jobs lack that could go on elsewhere.
  private static List<String> waiting(Errand errand) {
    return errand.jobs().stream()
        .filter(job -> job.status() != JobStatus.DONE)
        .flatMap(
            job ->
                errand
                    .lacking(job)
                    .map(what -> "job " + job.id() + " waits for a worker that has " + what)
                    .stream())
        .toList();
  }

  private static String standing(Errand errand, JobRecord before) {
    var job = errand.job(before.id().text());
    var count = job.count();
    var outcome = job.outcome();
    var how = outcome.isPresent() ? outcome.get().code().replace('_', ' ') : "has not ended";
    return "job %s %s%s"
        .formatted(
            before.id(),
            how,
            count.jobs() == 0
                ? ""
                : ", %d of %d below it done".formatted(count.done(), count.jobs()));
  }
}
