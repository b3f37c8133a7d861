package dev.errand.jdbc;

import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.Stop;
import dev.errand.job.StoredForm;
import dev.errand.job.UnknownJobException;
import dev.errand.job.Value;
import dev.errand.spi.Bookkeeping;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/* Ends jobs from outside: those that were cancelled, and those whose deadline has passed.
 *
 * A stop is decided for a whole tree in one transaction. From then on no job of it is claimed, and every step is
 * refused but one that ends its job so (see StepCommit). So a job of the tree begins nothing more, whatever its worker
 * knows; and no job is added to the tree, for the step that would create it is refused. What is left is to say of each
 * job that it is over: its worker does that, or, where nobody holds it, or its worker kept silent for too long, a sweep.
 * Both move the row to DONE under the write lock, and who comes second finds it there: a job ends once. */
final class Stops {
  /// A job that is not done and all such below it, but for those that are to end sooner. The ids of
  /// a tree are neighbours: '/' is what comes after '.'.
  private static final String STOPPABLE =
      """
      (id = ? or (id > ? || '.' and id < ? || '/')) and status <> 'DONE' and
        (stop is null or (select until from stop known where known.number = job.stop) > ?)
      """;

  /// Jobs to end here: nobody holds them, or who does has had its time.
  private static final String ENDABLE =
      """
      job join stop on stop.number = job.stop
      where job.stop is not null and status <> 'DONE'
        and (worker is null or until <= ? or due <= ?)
      """;

  private Stops() {}

  /// Decides that a job and all below it are to end; returns how many are to end by this.
  static int stop(Transaction transaction, JobId top, Outcome outcome, Duration grace)
      throws SQLException {
    if (!outcome.isFromOutside() || grace.isNegative()) {
      throw new IllegalArgumentException("Jobs are not stopped with " + outcome + " in " + grace);
    }
    long until = transaction.now() + grace.toMillis();
    var job =
        transaction
            .sql("select * from job where id = ?")
            .bind(top.text())
            .first(JobRow::job)
            .orElseThrow(() -> new UnknownJobException(top.text()));
    if (!isAnyToStop(transaction, top, until)) {
      return 0;
    }
    long number =
        transaction
            .sql("insert into stop (top, outcome, until) values (?, ?, ?) returning number")
            .bind(top.text())
            .bind(StoredForm.write(outcome).print())
            .bind(until)
            .first(row -> row.getLong(1))
            .orElseThrow();
    int stopped =
        transaction
            .sql(
                """
                update job set stop = ?, given = iif(id = ?, given, 1) where %s
                """
                    .formatted(STOPPABLE))
            .bind(number)
            .bind(top.text())
            .bind(top.text())
            .bind(top.text())
            .bind(top.text())
            .bind(until)
            .update();
    var line = History.Line.of(Bookkeeping.stopping(job.progress().turn(), outcome));
    History.append(transaction, top, line);
    return stopped;
  }

  private static boolean isAnyToStop(Transaction transaction, JobId top, long until)
      throws SQLException {
    return transaction
        .sql("select 1 from job where %s limit 1".formatted(STOPPABLE))
        .bind(top.text())
        .bind(top.text())
        .bind(top.text())
        .bind(until)
        .exists();
  }

  static List<Stop> after(Session session, long number) throws SQLException {
    return session
        .sql("select number, top, outcome, until from stop where number > ? order by number")
        .bind(number)
        .list(Stops::read);
  }

  /// Why a job is to end.
  static Optional<Stop> of(Session session, JobId job) throws SQLException {
    return session
        .sql(
            """
            select stop.number, top, stop.outcome, until
            from job join stop on stop.number = job.stop
            where id = ? and status <> 'DONE'
            """)
        .bind(job.text())
        .first(Stops::read);
  }

  private static Stop read(ResultSet row) throws SQLException {
    return new Stop(
        row.getLong(1),
        new JobId(row.getString(2)),
        StoredForm.outcome((Json.Object) Json.parse(row.getString(3))),
        Instant.ofEpochMilli(row.getLong(4)));
  }

  /// Whether a sweep has anything to do.
  static boolean isAnyDue(Session session, long now) throws SQLException {
    return session
        .sql(
            """
            select 1 where exists
              (select 1 from job
               where deadline <= ? and deadline is not null and stop is null and status <> 'DONE')
            or exists (select 1 from %s)
            """
                .formatted(ENDABLE))
        .bind(now)
        .bind(now)
        .bind(now)
        .exists();
  }

  /// Whether any job is to end.
  static boolean isAny(Session session) throws SQLException {
    return session
        .sql("select 1 from job where stop is not null and status <> 'DONE' limit 1")
        .exists();
  }

  /// When a sweep will have something to do that is a matter of time.
  static Optional<Instant> nextDue(Session session) throws SQLException {
    return session
        .sql(
            """
            select min(at) from (
              select min(deadline) as at from job
              where deadline is not null and stop is null and status <> 'DONE'
              union all
              select min(iif(worker is null, 0, until)) from job join stop on stop.number = job.stop
              where job.stop is not null and status <> 'DONE')
            """)
        .first(
            row -> {
              long at = row.getLong(1);
              return row.wasNull()
                  ? Optional.<Instant>empty()
                  : Optional.of(Instant.ofEpochMilli(at));
            })
        .flatMap(at -> at);
  }

  static int sweep(Transaction transaction, int limit, Duration grace) throws SQLException {
    timeOut(transaction, limit, grace);
    long now = transaction.now();
    var over =
        transaction
            .sql(
                "select job.*, stop.outcome from %s order by job.stop, job.number limit ?"
                    .formatted(ENDABLE))
            .bind(now)
            .bind(now)
            .bind(limit)
            .list(
                row ->
                    new Over(
                        row.getLong(1), JobRow.job(row), JobRow.queued(row), row.getString(46)));
    for (var job : over) {
      end(transaction, job);
    }
    return over.size();
  }

  private static void timeOut(Transaction transaction, int limit, Duration grace)
      throws SQLException {
    var late =
        transaction
            .sql(
                """
                select id, deadline from job
                where deadline <= ? and deadline is not null and stop is null and status <> 'DONE'
                order by deadline, number limit ?
                """)
            .bind(transaction.now())
            .bind(limit)
            .list(row -> new Late(new JobId(row.getString(1)), row.getLong(2)));
    for (var job : late) {
      var outcome = Bookkeeping.late(Instant.ofEpochMilli(job.deadline()));
      stop(transaction, job.id(), outcome, grace);
    }
  }

  private static void end(Transaction transaction, Over over) throws SQLException {
    var job = over.job();
    var id = job.id();
    var outcome =
        StoredForm.outcome((Json.Object) Json.parse(over.outcome()))
            .having(partial(transaction, id));
    transaction
        .sql(
            """
            update job set version = version + 1, status = ?, outcome = ?, worker = null, process = null, due = null,
              needed = 0, heeds = 0, queued = 0,
              reserved_tokens = 0, reserved_micro_usd = 0, last_tokens = null, last_micro_usd = null
            where number = ?
            """)
        .bind(JobStatus.DONE.name())
        .bind(StoredForm.write(outcome).print())
        .bind(over.number())
        .update();
    int turn = job.progress().turn();
    History.append(transaction, id, History.Line.of(Bookkeeping.ended(turn, outcome)));
    var handler = job.subtask();
    if (handler != null && handler.completion() == null) {
      Handlers.endUncompleted(transaction, over.number(), id, turn, handler.id(), outcome);
    }
    Accounts.end(transaction, id, job.reserved());
    Waits.end(transaction, id);
    if (id.parent().isPresent() && !over.hadNoPlace()) {
      Places.leave(transaction, id.parent().get());
    }
  }

  private static Value partial(Transaction transaction, JobId id) throws SQLException {
    return transaction
        .sql(
            """
            select data from entry where job = ? and kind in ('reply', 'progress')
            order by sequence desc limit 1
            """)
        .bind(id.text())
        .first(row -> Bookkeeping.partial((Json.Object) Json.parse(row.getString(1))))
        .orElseGet(Value::none);
  }

  private record Over(long number, JobRecord job, boolean isQueued, String outcome) {
    /// Callbacks need none.
    boolean hadNoPlace() {
      return isQueued || (job.subtask() != null && job.subtask().callback().isPresent());
    }
  }

  private record Late(JobId id, long deadline) {}
}
