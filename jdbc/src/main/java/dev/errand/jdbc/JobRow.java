package dev.errand.jdbc;

import dev.errand.job.Budget;
import dev.errand.job.Completion;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.StoredForm;
import dev.errand.job.Subtask;
import dev.errand.job.Usage;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A row of the table `job`, and what its columns mean.
final class JobRow {
  static final int ID = 0;
  static final int PARENT = 1;
  static final int ORDINAL = 2;
  static final int KEY = 3;
  static final int DIGEST = 4;
  static final int AGENT = 5;
  static final int CREATED = 6;
  static final int DEFINITION = 7;
  static final int STATUS = 8;
  static final int TURN = 9;
  static final int ACTING = 10;
  static final int STATEMENT = 11;
  static final int PRINTED = 12;
  static final int CHILDREN = 13;
  static final int HEARD = 14;
  static final int SUBTASK_ID = 15;
  static final int TOLD = 16;
  static final int CALLS = 17;
  static final int INPUT_TOKENS = 18;
  static final int OUTPUT_TOKENS = 19;
  static final int MICRO_USD = 20;
  static final int VERSION = 21;
  static final int FENCE = 22;
  static final int WORKER = 23;
  static final int PROCESS = 24;
  static final int DUE = 25;
  static final int NEEDED = 26;
  static final int COMPLETION = 27;
  static final int OUTCOME = 28;
  static final int KEPT = 29;
  static final int HEARS = 30;
  static final int HEEDS = 31;
  static final int GIVEN = 32;
  static final int STOP = 33;
  static final int DEADLINE = 34;
  static final int ADMITS = 35;
  static final int LIVE = 36;
  static final int QUEUED = 37;
  static final int ALLOWS = 38;
  static final int TOTAL = 39;
  static final int RESERVED_TOKENS = 40;
  static final int RESERVED_MICRO_USD = 41;
  static final int LAST_TOKENS = 42;
  static final int LAST_MICRO_USD = 43;
  static final int SAID = 44;
  static final int NEWS = 45;
  static final int PRIORITY = 46;
  static final int PLACE = 47;

  private final Row row;
  private final JobId id;

  /// The unit of the transaction that changed it last.
  private long unit;

  /// Grows in the order of creation; 0 while it is not read.
  private final long order;

  /// The number of the transaction that wrote it last, by its row; 0 where that is not known.
  private long stamp;

  JobRow(Row row) {
    this(row, 0);
  }

  private JobRow(Row row, long order) {
    this.row = row;
    this.id = new JobId(Objects.requireNonNull(row.text(ID)));
    this.order = order;
  }

  /// Reads what `select * from job` gives.
  static JobRow read(ResultSet row) throws SQLException {
    return new JobRow(Row.read(Table.JOB, row, 2), row.getLong(1));
  }

  /// Reads what comes after these columns, too: the number of the transaction that wrote it last.
  static JobRow readStamped(ResultSet row) throws SQLException {
    var job = read(row);
    job.stamp = row.getLong(Table.JOB.columns().size() + 2);
    return job;
  }

  /// The job of a row of `select * from job`.
  static JobRecord job(ResultSet row) throws SQLException {
    return read(row).record();
  }

  long order() {
    if (order == 0 && stamp > 0) {
      throw new Known.Unknown();
    }
    return order;
  }

  long stamp() {
    return stamp;
  }

  /// Notes that the transaction of that number has committed it as it is, and is over.
  void committed(long number) {
    if (row.isChanged()) {
      row.written();
      stamp = number;
    }
    unit = 0;
  }

  Row row() {
    return row;
  }

  JobId id() {
    return id;
  }

  /// Notes that unit `number` changes it; whether it is the first time.
  boolean isFirstChangeBy(long number) {
    boolean isFirst = unit != number;
    unit = number;
    return isFirst;
  }

  long number(int column) {
    return row.number(column);
  }

  boolean is(int column) {
    return row.is(column);
  }

  boolean isNull(int column) {
    return row.isNull(column);
  }

  @Nullable String text(int column) {
    return row.text(column);
  }

  String definition() {
    return Objects.requireNonNull(row.text(DEFINITION));
  }

  String agent() {
    return Objects.requireNonNull(row.text(AGENT));
  }

  JobStatus status() {
    return JobStatus.valueOf(Objects.requireNonNull(row.text(STATUS)));
  }

  boolean isDone() {
    return status() == JobStatus.DONE;
  }

  int turn() {
    return (int) row.number(TURN);
  }

  JobRecord record() {
    return new JobRecord(
        id,
        new JobRecord.Origin(
            row.text(KEY),
            Objects.requireNonNull(row.text(DIGEST)),
            agent(),
            Instant.ofEpochMilli(row.number(CREATED)),
            isNull(DEADLINE) ? null : Instant.ofEpochMilli(row.number(DEADLINE)),
            (int) row.number(PRIORITY)),
        definition(),
        status(),
        new Progress(
            turn(),
            is(ACTING),
            (int) row.number(STATEMENT),
            row.number(PRINTED),
            (int) row.number(CHILDREN),
            row.number(HEARD)),
        subtask(),
        outcome(),
        new Usage(
            row.number(CALLS),
            row.number(INPUT_TOKENS),
            row.number(OUTPUT_TOKENS),
            row.number(MICRO_USD)),
        reserved());
  }

  /// Whether it has a handler that has not ended.
  boolean hasOpenHandler() {
    return row.text(SUBTASK_ID) != null && row.number(TOLD) == 0;
  }

  /// The id of its handler.
  Json subtaskId() {
    var id = row.text(SUBTASK_ID);
    return id == null ? Json.Null.VALUE : Json.parse(id);
  }

  @Nullable Subtask subtask() {
    return row.text(SUBTASK_ID) == null
        ? null
        : new Subtask(subtaskId(), completion(), row.number(TOLD));
  }

  private @Nullable Completion completion() {
    var form = row.text(COMPLETION);
    return form == null ? null : StoredForm.completion((Json.Object) Json.parse(form));
  }

  @Nullable Outcome outcome() {
    var form = row.text(OUTCOME);
    return form == null ? null : StoredForm.outcome((Json.Object) Json.parse(form));
  }

  /// What is set aside for its model.
  Budget reserved() {
    return new Budget(row.number(RESERVED_TOKENS), row.number(RESERVED_MICRO_USD));
  }

  /// What of this is for a last call; null where there is to be none.
  @Nullable Budget last() {
    return isNull(LAST_TOKENS)
        ? null
        : new Budget(row.number(LAST_TOKENS), row.number(LAST_MICRO_USD));
  }

  Budget forLastCall() {
    var last = last();
    return last == null ? Budget.NONE : last;
  }
}
