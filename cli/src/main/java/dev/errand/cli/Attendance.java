package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.Outcome;

/// Works on one job until its tree is done, shows what happens, and says how it ended.
///
/// @param output what standard output is for
record Attendance(
    Surroundings surroundings, StoreOptions options, WorkOptions work, Output output) {
  /// What appears on standard output.
  enum Output {
    /// What the job prints.
    CONSOLE,
    /// What the job ends with.
    ANSWER,
    /// One JSON object at the end.
    JSON
  }

  /// Attends to the job.
  ///
  /// @param attaches whether others may have worked on it before
  /// @param replays whether to show what it printed then
  /// @return the exit code
  int attend(Errand errand, Job job, boolean attaches, boolean replays)
      throws InterruptedException {
    var screen = surroundings.screen();
    var all = work.view(screen, errand);
    var view = output == Output.CONSOLE ? all : new SilentView(all);
    var watch = new Watch(errand, job, view);
    if (attaches) {
      watch.catchUp(replays);
    }
    new Foreground(screen, errand, work, Foreground.resuming(surroundings, options))
        .work(job, watch, view);
    var report = new Report(errand, job, watch.lifetime());
    switch (output) {
      case CONSOLE -> {}
      case ANSWER -> answer(job);
      case JSON -> screen.line(report.json().print());
    }
    report.say(screen, work.quiet);
    return report.code();
  }

  private void answer(Job job) {
    if (job.outcome().orElse(null) instanceof Outcome.Succeeded(var value)) {
      surroundings.screen().line(value.text());
    }
  }
}
