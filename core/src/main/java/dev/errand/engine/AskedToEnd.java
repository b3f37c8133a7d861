package dev.errand.engine;

import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.Outcome;
import dev.errand.job.Value;
import dev.errand.spi.Bookkeeping;
import dev.errand.spi.Change;
import java.util.List;
import java.util.Optional;

/// A job whose model was asked to come to an end: the turn before which it was told so is its last.
///
/// @param turn that turn
/// @param reason why
record AskedToEnd(int turn, String reason) {
  /// The last time that a job was asked since it last went on.
  static Optional<AskedToEnd> in(List<Change.Recorded> history) {
    return history.reversed().stream()
        .takeWhile(entry -> entry.kind() != Entry.Kind.JOB_REVIVED)
        .filter(entry -> entry.kind() == Entry.Kind.MESSAGE)
        .flatMap(
            entry ->
                entry.data().text(Bookkeeping.STOP).stream()
                    .map(reason -> new AskedToEnd(entry.turn(), reason)))
        .findFirst();
  }

  /// The end of the job, which has come to `partial`: what it began ends with it.
  List<Change> end(JobId job, Value partial) {
    return List.of(
        new Change.Stopped(job, new Outcome.Cancelled(reason), JobWorker.GRACE),
        new Change.Ended(new Outcome.Cancelled(reason, partial)));
  }
}
