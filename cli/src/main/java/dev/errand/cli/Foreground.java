package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import java.nio.file.Path;

/// Works on one tree while its user looks on.
final class Foreground {
  private final Screen screen;
  private final Errand errand;
  private final WorkOptions options;
  private final String resuming;

  /// @param resuming the command by which its jobs go on
  Foreground(Screen screen, Errand errand, WorkOptions options, String resuming) {
    this.screen = screen;
    this.errand = errand;
    this.options = options;
    this.resuming = resuming;
  }

  /// Works until the tree is done, or nothing of it can go on here.
  ///
  /// @return whether it is done
  boolean work(Job job, Watch watch, View view) throws InterruptedException {
    var interruption = Interruption.calls(() -> interrupted(job, view));
    try {
      if (!watch.isDone()) {
        options.start(errand);
      }
      return watch.untilDone();
    } finally {
      view.close();
      interruption.close();
    }
  }

  private void interrupted(Job job, View view) {
    view.close();
    screen.sayLast("errand: interrupted; job " + job.id() + " goes on with: " + resuming);
    errand.close();
  }

  /// The command by which the jobs of a store go on.
  static String resuming(Surroundings surroundings, StoreOptions options) {
    return "errand resume" + options.asGiven(surroundings);
  }

  /// The command by which the jobs of a store go on that read files below a folder.
  static String resuming(StorePlace store, Path folder) {
    var place =
        switch (store) {
          case StorePlace.File(var path, var name) -> path.toAbsolutePath().normalize().toString();
          case StorePlace.Database database -> database.shown();
        };
    return "cd %s && errand resume --store %s"
        .formatted(Text.quoted(folder.toString()), Text.quoted(place));
  }
}
