package dev.errand.cli;

import dev.errand.Job;
import dev.errand.job.Outcome;
import dev.errand.spi.Store;

/// Checks, from what the store holds, that a crash lost nothing and did nothing twice.
final class Verdict {
  private final Job job;
  private final Books before;
  private final Books after;
  private final Store.Count count;

  /// @param before the books at the crash
  /// @param after the books now
  Verdict(Job job, Books before, Books after) {
    this.job = job;
    this.before = before;
    this.after = after;
    this.count = job.count();
  }

  /// Says what was checked and found.
  ///
  /// @return the exit code
  int tell(Screen screen) {
    int all = after.children().size();
    screen.line("the books of job " + job.id() + ":");
    boolean succeeded = job.outcome().filter(Outcome.Succeeded.class::isInstance).isPresent();
    boolean fine = line(screen, succeeded, "the root ended and succeeded");
    fine &= line(screen, nothingLost(), "none of the %d children was lost".formatted(all));
    fine &= line(screen, endedOnce(), "each ended once, and its parent was told once");
    fine &=
        line(
            screen,
            nothingTwice(),
            "none ran to its end twice: the %d done before the kill were left alone"
                .formatted(before.done().size()));
    return fine ? ExitCode.OK : ExitCode.FAILED;
  }

  private boolean line(Screen screen, boolean holds, String what) {
    var glyphs = screen.glyphs();
    screen.line("  " + (holds ? glyphs.succeeded() : glyphs.failed() + " NOT TRUE:") + " " + what);
    return holds;
  }

  private boolean nothingLost() {
    return count.jobs() == after.children().size()
        && count.done() == count.jobs()
        && after.children().keySet().containsAll(before.children().keySet());
  }

  private boolean endedOnce() {
    return after.children().values().stream()
        .allMatch(child -> child.spawned() == 1 && child.ended() == 1 && child.told() == 1);
  }

  private boolean nothingTwice() {
    return after.children().values().stream().allMatch(child -> child.printed() <= 1)
        && before.done().stream()
            .map(after::account)
            .allMatch(account -> account.last() <= before.sequence());
  }
}
