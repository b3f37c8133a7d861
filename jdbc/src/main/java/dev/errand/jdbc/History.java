package dev.errand.jdbc;

import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.spi.Change;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

/// Appends to the history of jobs, and reads it back.
final class History {
  private History() {}

  /// An entry, ready to be appended.
  record Line(int turn, String kind, String data) {
    static Line of(Change.Recorded what) {
      return new Line(what.turn(), what.kind().code(), what.data().print());
    }
  }

  /// Appends to a job's history, and returns the entry's sequence number.
  static long append(Transaction transaction, JobId job, Line line) throws SQLException {
    var root = job.root().text();
    long sequence = transaction.nextSequence(root);
    transaction
        .sql(
            """
            insert into entry (root, sequence, time, job, turn, kind, data)
            values (?, ?, ?, ?, ?, ?, ?)
            """)
        .bind(root)
        .bind(sequence)
        .bind(transaction.now())
        .bind(job.text())
        .bind(line.turn())
        .bind(line.kind())
        .bind(line.data())
        .update();
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
