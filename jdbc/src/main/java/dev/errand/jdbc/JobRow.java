package dev.errand.jdbc;

import dev.errand.job.Budget;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Progress;
import dev.errand.job.StoredForm;
import dev.errand.job.Subtask;
import dev.errand.job.Usage;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Reads what `select * from job` gives; the positions are those of the table's columns.
final class JobRow {
  private JobRow() {}

  static JobRecord job(ResultSet row) throws SQLException {
    return new JobRecord(
        new JobId(row.getString(2)),
        new JobRecord.Origin(
            row.getString(5),
            row.getString(6),
            row.getString(7),
            Instant.ofEpochMilli(row.getLong(8)),
            deadline(row)),
        row.getString(9),
        JobStatus.valueOf(row.getString(10)),
        new Progress(
            row.getInt(11),
            row.getInt(12) != 0,
            row.getInt(13),
            row.getLong(14),
            row.getInt(15),
            row.getLong(16)),
        subtask(row),
        outcome(row.getString(30)),
        new Usage(row.getLong(19), row.getLong(20), row.getLong(21), row.getLong(22)),
        new Budget(row.getLong(42), row.getLong(43)));
  }

  private static @Nullable Instant deadline(ResultSet row) throws SQLException {
    long deadline = row.getLong(36);
    return row.wasNull() ? null : Instant.ofEpochMilli(deadline);
  }

  static long version(ResultSet row) throws SQLException {
    return row.getLong(23);
  }

  static long fence(ResultSet row) throws SQLException {
    return row.getLong(24);
  }

  /// The first turn whose workspace is kept.
  static int kept(ResultSet row) throws SQLException {
    return row.getInt(31);
  }

  /// Whether it waits for a place among its parent's children.
  static boolean queued(ResultSet row) throws SQLException {
    return row.getBoolean(39);
  }

  /// Whether a model is there to be told what happens.
  static boolean hears(ResultSet row) throws SQLException {
    return row.getBoolean(32);
  }

  private static @Nullable Subtask subtask(ResultSet row) throws SQLException {
    var id = row.getString(17);
    if (id == null) {
      return null;
    }
    var completion = row.getString(29);
    return new Subtask(
        Json.parse(id),
        completion == null ? null : StoredForm.completion((Json.Object) Json.parse(completion)),
        row.getLong(18));
  }

  private static dev.errand.job.@Nullable Outcome outcome(@Nullable String form) {
    return form == null ? null : StoredForm.outcome((Json.Object) Json.parse(form));
  }
}
