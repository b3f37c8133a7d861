package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.Stop;
import dev.errand.job.StoredForm;
import dev.errand.job.Value;
import dev.errand.spi.Bookkeeping;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/* Ends jobs from outside: those that were cancelled, and those whose deadline has passed.
 *
 * A stop is decided for a whole tree in one transaction. From then on no job of it is claimed, and every step is
 * refused but one that ends its job so (see StepCommit). So a job of the tree begins nothing more, whatever its worker
 * knows; and no job is added to the tree, for the step that would create it is refused. What is left is to say of each
 * job that it is over: its worker does that, or, where nobody holds it, or its worker kept silent for too long, a sweep.
 * Both move the row to DONE while nobody else changes the tree, and who comes second finds it there: a job ends once. */
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
      throws SQLException, Collision {
    if (!outcome.isFromOutside() || grace.isNegative()) {
      throw new IllegalArgumentException("Jobs are not stopped with " + outcome + " in " + grace);
    }
    long until = transaction.now() + grace.toMillis();
    int turn = transaction.job(top).turn();
    if (!isAnyToStop(transaction, top, until)) {
      return 0;
    }
    long number = transaction.database().nextStop(transaction);
    transaction
        .direct("insert into stop (number, top, outcome, until) values (?, ?, ?, ?)")
        .bind(number)
        .bind(top.text())
        .bind(StoredForm.write(outcome).print())
        .bind(until)
        .update();
    int stopped =
        transaction
            .sql(
                """
                update job set stop = ?, given = case id when ? then given else 1 end where %s
                """
                    .formatted(STOPPABLE))
            .bind(number)
            .bind(top.text())
            .bind(top.text())
            .bind(top.text())
            .bind(top.text())
            .bind(until)
            .update();
    transaction.forgetJobs();
    transaction.news();
    History.append(transaction, top, History.Line.of(Bookkeeping.stopping(turn, outcome)));
    return stopped;
  }

  private static boolean isAnyToStop(Transaction transaction, JobId top, long until)
      throws SQLException, Collision {
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

  /// The stop by which a job is to end.
  static Stop of(Transaction transaction, JobRow job) throws SQLException {
    return transaction
        .session()
        .sql("select number, top, outcome, until from stop where number = ?")
        .bind(job.number(JobRow.STOP))
        .first(Stops::read)
        .orElseThrow();
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
              select min(case when worker is null then 0 when due < until then due else until end)
              from job join stop on stop.number = job.stop
              where job.stop is not null and status <> 'DONE') as moments
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

  /// Jobs of which a sweep has to look at the rows: late ones, and such as are to end.
  static List<JobId> due(Session session, long now, int limit) throws SQLException {
    return session
        .sql(
            """
            select id from (
              select id from job
              where deadline <= ? and deadline is not null and stop is null and status <> 'DONE'
              order by deadline, number limit ?) as late
            union all
            select id from (select id from %s order by job.stop, job.number limit ?) as over
            """
                .formatted(ENDABLE))
        .bind(now)
        .bind(limit)
        .bind(now)
        .bind(now)
        .bind(limit)
        .list(row -> new JobId(row.getString(1)));
  }

  /// Stops those that are late, and ends those that are to end; returns how many were ended.
  ///
  /// @param jobs those that were due a moment ago
  record Sweep(List<JobId> jobs, int limit, Duration grace) implements Work<Integer> {
    @Override
    public Integer apply(Transaction transaction) throws SQLException, Collision {
      for (var id : jobs) {
        timeOut(transaction, id, grace);
      }
      var over = over(transaction);
      for (var job : over) {
        end(transaction, job);
      }
      return over.size();
    }

    private List<Over> over(Transaction transaction) throws SQLException, Collision {
      var trees = jobs.stream().map(JobId::root).collect(Collectors.toSet());
      return transaction
          .sql(
              "select id, stop.outcome from %s order by job.stop, job.number limit ?"
                  .formatted(ENDABLE))
          .bind(transaction.now())
          .bind(transaction.now())
          .bind(limit)
          .list(row -> new Over(new JobId(row.getString(1)), row.getString(2)))
          .stream()
          .filter(job -> trees.contains(job.id().root()))
          .toList();
    }

    @Override
    public void announce(Needs needs) {
      jobs.forEach(needs::tree);
    }
  }

  private static void timeOut(Transaction transaction, JobId id, Duration grace)
      throws SQLException, Collision {
    var job = transaction.job(id);
    long deadline = job.number(JobRow.DEADLINE);
    boolean isLate =
        !job.isNull(JobRow.DEADLINE) && deadline <= transaction.now() && job.isNull(JobRow.STOP);
    if (isLate && !job.isDone()) {
      stop(transaction, id, Bookkeeping.late(Instant.ofEpochMilli(deadline)), grace);
    }
  }

  private static void end(Transaction transaction, Over over) throws SQLException, Collision {
    var id = over.id();
    var job = transaction.job(id);
    var outcome =
        StoredForm.outcome((Json.Object) Json.parse(over.outcome()))
            .having(partial(transaction, job));
    boolean isPlaceless = job.is(JobRow.QUEUED) || isCallback(job);
    var reserved = job.reserved();
    int turn = job.turn();
    transaction
        .change(job)
        .add(JobRow.VERSION, 1)
        .set(JobRow.STATUS, JobStatus.DONE.name())
        .set(JobRow.OUTCOME, StoredForm.write(outcome).print())
        .set(JobRow.WORKER, null)
        .set(JobRow.PROCESS, null)
        .set(JobRow.DUE, null)
        .set(JobRow.PLACE, null)
        .set(JobRow.NEEDED, 0)
        .set(JobRow.HEEDS, false)
        .set(JobRow.QUEUED, false)
        .set(JobRow.RESERVED_TOKENS, 0)
        .set(JobRow.RESERVED_MICRO_USD, 0)
        .set(JobRow.LAST_TOKENS, null)
        .set(JobRow.LAST_MICRO_USD, null);
    History.append(transaction, id, History.Line.of(Bookkeeping.ended(turn, outcome)));
    if (job.hasOpenHandler()) {
      Handlers.endUncompleted(transaction, job, turn, outcome);
    }
    Accounts.end(transaction, id, reserved);
    Waits.end(transaction, id);
    if (id.parent().isPresent() && !isPlaceless) {
      Places.leave(transaction, id.parent().get());
    }
  }

  /// Callbacks need no place.
  private static boolean isCallback(JobRow job) {
    var handler = job.subtask();
    return handler != null && handler.callback().isPresent();
  }

  private static Value partial(Transaction transaction, JobRow job) throws SQLException, Collision {
    if (job.number(JobRow.VERSION) == 0) {
      return Value.none();
    }
    return transaction
        .sql(
            """
            select data from entry where job = ? and kind in ('reply', 'progress')
            order by sequence desc limit 1
            """)
        .bind(job.id().text())
        .first(row -> Bookkeeping.partial((Json.Object) Json.parse(row.getString(1))))
        .orElseGet(Value::none);
  }

  private record Over(JobId id, String outcome) {}
}
