package dev.errand.jdbc;

import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.spi.Bookkeeping;
import dev.errand.spi.Change;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

/// Appends to the history of jobs, and reads it back.
final class History {
  private static final String SIGNAL = Entry.Kind.SIGNAL.code();

  private History() {}

  /// An entry, ready to be appended.
  record Line(int turn, String kind, String data) {
    static Line of(Change.Recorded what) {
      return new Line(what.turn(), what.kind().code(), what.data().print());
    }
  }

  /// Appends to a job's history, and returns the entry's sequence number.
  static long append(Transaction transaction, JobId job, Line line) throws SQLException {
    return append(transaction, job, line, transaction.now());
  }

  /// Appends what the history of `from` says of the turns up to `turn`, as far as a fork takes it
  /// along.
  static void copy(Transaction transaction, JobId from, int turn, JobId fork) throws SQLException {
    var entries =
        transaction
            .direct(
                """
                select sequence, time, job, turn, kind, data from entry
                where job = ? and turn <= ? order by sequence
                """)
            .bind(from.text())
            .bind(turn)
            .list(History::entry);
    for (var entry : entries) {
      if (Bookkeeping.isForked(entry.kind())) {
        var line = Line.of(new Change.Recorded(entry.turn(), entry.kind(), entry.data()));
        append(transaction, fork, line, entry.time().toEpochMilli());
      }
    }
  }

  private static long append(Transaction transaction, JobId job, Line line, long time)
      throws SQLException {
    var root = job.root().text();
    long sequence = transaction.nextSequence(root);
    transaction.append(
        root, sequence, time, job.text(), (long) line.turn(), line.kind(), line.data());
    if (line.kind().equals(SIGNAL)) {
      transaction.change(transaction.job(job)).set(JobRow.SAID, sequence);
    }
    return sequence;
  }

  /// Reads `sequence, time, job, turn, kind, data`.
  static Entry entry(ResultSet row) throws SQLException {
    return new Entry(
        row.getLong(1),
        Instant.ofEpochMilli(row.getLong(2)),
        new JobId(row.getString(3)),
        row.getInt(4),
        Entry.Kind.ofCode(row.getString(5)),
        (Json.Object) Json.parse(row.getString(6)));
  }
}
