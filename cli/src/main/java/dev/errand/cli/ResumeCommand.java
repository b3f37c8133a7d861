package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
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
  @Mixin AgentOptions agents = new AgentOptions();

  ResumeCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws InterruptedException {
    work.check();
    agents.check();
    var screen = surroundings.screen();
    try (var errand = Stores.existing(surroundings, options, work.python())) {
      agents.register(errand, surroundings);
      var open = open(errand);
      var since = errand.now().truncatedTo(ChronoUnit.MILLIS);
      var interruption = Interruption.calls(() -> interrupted(errand));
      try {
        if (errand.store().busy()) {
          work.start(errand);
          untilNothingGoesOn(errand, since);
        }
      } finally {
        interruption.close();
      }
      if (!work.quiet) {
        open.forEach(root -> screen.say("errand: " + standing(errand, root)));
        obstacles(errand).forEach(words -> screen.say("errand: " + Text.oneLine(words)));
      }
      return ExitCode.OK;
    }
  }

  private void interrupted(Errand errand) {
    surroundings
        .screen()
        .sayLast(
            "errand: interrupted; jobs go on with: " + Foreground.resuming(surroundings, options));
    errand.close();
  }

  /// The trees in which something is still to be done.
  private static List<JobRecord> open(Errand errand) {
    return Jobs.roots(errand).stream()
        .filter(root -> !Jobs.isDone(errand.job(root.id().text())))
        .toList();
  }

  private static void untilNothingGoesOn(Errand errand, Instant since) throws InterruptedException {
    while (errand.store().busy()
        && !(errand.idle() && Jobs.nothingGoesOn(errand, errand.jobs(), since))) {
      Pace.pause(errand);
    }
  }

  private static String open(Errand errand, Job job) {
    var record = job.record();
    return new Standing(errand, Lifetimes.of(errand, record.id()))
        .waiting(record)
        .map(Waiting::words)
        .orElse("has not ended");
  }

  /// What keeps jobs from going on that are not done.
  private static List<String> obstacles(Errand errand) {
    return errand.jobs().stream()
        .filter(job -> job.status() != JobStatus.DONE)
        .flatMap(job -> Jobs.obstacle(errand, job, Instant.EPOCH).stream())
        .toList();
  }

  private static String standing(Errand errand, JobRecord before) {
    var job = errand.job(before.id().text());
    var count = job.count();
    var outcome = job.outcome();
    var how = outcome.isPresent() ? outcome.get().code().replace('_', ' ') : open(errand, job);
    return "job %s %s%s"
        .formatted(
            before.id(),
            how,
            count.jobs() == 0
                ? ""
                : ", %d of %d below it done".formatted(count.done(), count.jobs()));
  }
}
