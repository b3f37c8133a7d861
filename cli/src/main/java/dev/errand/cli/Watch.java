package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.Entry;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Follows a tree of jobs that this process works on, until all of it is done.
final class Watch {
  private static final int PAGE = 1000;
  private static final Duration STUCK_AFTER = Duration.ofSeconds(1);

  private final Errand errand;
  private final Job root;
  private final View view;
  private final Family family;
  private final Instant since;
  private long seen;
  private long stuckSince;

  Watch(Errand errand, Job root, View view) {
    this.errand = errand;
    this.root = root;
    this.view = view;
    this.since = errand.now().truncatedTo(ChronoUnit.MILLIS);
    var record = root.record();
    this.family = new Family(record.id(), record.origin().agent(), record.origin().created());
  }

  /// Takes in what happened before this process came.
  ///
  /// @param replay whether to show what the root printed then
  void catchUp(boolean replay) {
    readOn(
        entry -> {
          if (replay) {
            console(entry);
          }
        });
  }

  /// Shows what happens until the tree is done.
  ///
  /// @return whether it is; false if nothing of it can go on by itself, or not here
  boolean untilDone() throws InterruptedException {
    return until(family -> false);
  }

  /// Shows what happens until the tree is done, or `enough` of it.
  ///
  /// @return whether it is done
  boolean until(Predicate<Family> enough) throws InterruptedException {
    while (true) {
      boolean done = isDone();
      readOn(this::tell);
      if (done || enough.test(family)) {
        return done;
      }
      view.look(family);
      if (isStuck()) {
        return false;
      }
      Pace.pause(errand);
    }
  }

  private void readOn(Consumer<Entry> listener) {
    List<Entry> page;
    do {
      page = errand.events(root.id(), seen, PAGE);
      for (var entry : page) {
        seen = entry.sequence();
        family.learn(entry);
        listener.accept(entry);
      }
    } while (page.size() == PAGE);
  }

  private void tell(Entry entry) {
    console(entry);
    view.happened(entry, family);
  }

  private void console(Entry entry) {
    if (entry.kind() == Entry.Kind.CONSOLE && entry.job().equals(root.id())) {
      view.console(entry.data().text("text").orElse(""));
    }
  }

  /// Whether the root and all below it ended.
  boolean isDone() {
    return Jobs.isDone(root);
  }

  /// Whether for a while nothing was to be done here, and nothing will be.
  private boolean isStuck() {
    if (!errand.idle() || !nothingGoesOn()) {
      stuckSince = 0;
      return false;
    }
    if (stuckSince == 0) {
      stuckSince = System.nanoTime();
    }
    return System.nanoTime() - stuckSince > STUCK_AFTER.toNanos();
  }

  private boolean nothingGoesOn() {
    return !errand.store().busy()
        || Jobs.nothingGoesOn(errand, Jobs.tree(errand.store(), root.id()), since);
  }

  /// How long the root has been there, or was.
  Duration lifetime() {
    return family.root().age(errand.now());
  }
}
