package dev.errand.jdbc;

import static java.util.Comparator.comparingLong;

import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Lease;
import dev.errand.spi.Claim;
import dev.errand.spi.Turns;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/* Hands due jobs to a worker of this process, in turn.
 *
 * A due job stands in the index of those that have a place, by agent, priority and place: no more is read than is handed
 * out, and one row of each queue. What falls due by the passing of time has no place until somebody looks: it is found by
 * its moment, and takes one then.
 *
 * No job is handed out twice: its row is locked, its lease's end becomes the moment at which it is due, so that whoever
 * claims next does not find it, and its fence grows, so that whoever held it before commits no more. */
record Claiming(String worker, long process, int limit, Duration duration)
    implements Work<List<Claim>> {
  private static final int MOST_LATE = 1_000;

  @Override
  public List<Claim> apply(Transaction transaction) throws SQLException, Database.Collision {
    transaction.forgetJobs();
    var database = transaction.database();
    var quotas = Quotas.all(transaction.session(), database.lock());
    database.know(quotas);
    takePlaces(transaction);
    var left = new Quotas.Left(transaction, quotas);
    var queues = queues(transaction);
    queues.removeIf(queue -> left.isNone(queue.name.agent()) || queue.first().isEmpty());
    var claims = new ArrayList<Claim>();
    while (claims.size() < limit && !queues.isEmpty()) {
      queues.sort(Line.IN_TURN);
      var line = queues.getFirst();
      claims.add(lease(transaction, line.take()));
      left.take(line.name.agent());
      for (var each = queues.iterator(); each.hasNext(); ) {
        var queue = each.next();
        if (left.isNone(queue.name.agent()) || queue.first().isEmpty()) {
          each.remove();
        }
      }
    }
    return claims;
  }

  /// Jobs that fell due by the passing of time take their places.
  private static void takePlaces(Transaction transaction) throws SQLException {
    var late =
        transaction
            .direct(
                "select * from job where due <= ? and due is not null and place is null and stop is"
                    + " null order by due, number limit ?"
                    + transaction.database().skipLocked())
            .bind(transaction.now())
            .bind(MOST_LATE)
            .list(JobRow::read);
    for (var job : late) {
      long place = transaction.placeOf(job);
      transaction
          .direct("update job set place = ? where id = ?")
          .bind(place)
          .bind(job.id().text())
          .update();
    }
  }

  /// The queues in which jobs stand.
  private List<Line> queues(Transaction transaction) throws SQLException {
    var queues = new ArrayList<Line>();
    Standing.FIRST.each(
        transaction.session(), queue -> queues.add(new Line(transaction, queue.name(), limit)));
    return queues;
  }

  private Claim lease(Transaction transaction, JobRow job) throws SQLException {
    long until = transaction.now() + duration.toMillis();
    transaction
        .direct(
            """
            update job set fence = fence + 1, worker = ?, process = ?, due = ?, needed = 0,
              heeds = 0, place = null
            where id = ?
            """)
        .bind(worker)
        .bind(process)
        .bind(until)
        .bind(job.id().text())
        .update();
    transaction.claimed(job.id());
    transaction.handOut(queue(job), job.number(JobRow.PLACE));
    long fence = job.number(JobRow.FENCE) + 1;
    var lease = new Lease(job.id(), worker, fence, Instant.ofEpochMilli(until));
    return new Claim(lease, job.record(), job.number(JobRow.VERSION));
  }

  /// The queue that a job stands in while it is due.
  static Turns.Queue queue(JobRow job) {
    return new Turns.Queue((int) job.number(JobRow.PRIORITY), job.agent());
  }

  /// Hands a job to a worker that fell due in this very transaction, in memory, as [#lease] does in
  /// the database. Nobody else can have it: it is not due for anybody before the commit, and its
  /// row is new or kept from others until then.
  static Claim handOut(
      Transaction transaction,
      JobRow job,
      String worker,
      long process,
      Duration duration,
      boolean isBare,
      @Nullable JobRecord ended) {
    long until = transaction.now() + duration.toMillis();
    transaction.handOut(queue(job), job.number(JobRow.PLACE));
    transaction
        .change(job)
        .add(JobRow.FENCE, 1)
        .set(JobRow.WORKER, worker)
        .set(JobRow.PROCESS, process)
        .set(JobRow.DUE, until)
        .set(JobRow.NEEDED, 0)
        .set(JobRow.HEEDS, false)
        .set(JobRow.PLACE, null);
    var lease = new Lease(job.id(), worker, job.number(JobRow.FENCE), Instant.ofEpochMilli(until));
    return new Claim(lease, job.record(), job.number(JobRow.VERSION), isBare, ended);
  }

  static boolean hasBegun(JobRow job) {
    return job.status() != JobStatus.READY;
  }

  @Override
  public boolean mayBeForgotten() {
    return true;
  }

  /// One queue, as far as it was read.
  private static final class Line {
    /// Whose turn it is comes first.
    static final java.util.Comparator<Line> IN_TURN =
        comparingLong((Line line) -> -(long) line.name.priority())
            .thenComparingLong(line -> line.transaction.lastTurn(line.name))
            .thenComparingLong(line -> line.jobs.getFirst().number(JobRow.DUE))
            .thenComparingLong(line -> line.jobs.getFirst().order());

    private final Transaction transaction;
    private final Turns.Queue name;
    private final Deque<JobRow> jobs = new ArrayDeque<>();

    Line(Transaction transaction, Turns.Queue name, int limit) throws SQLException {
      this.transaction = transaction;
      this.name = name;
      transaction
          .direct(
              "select * from job where agent = ? and priority = ? and place is not null and stop is"
                  + " null order by place, due, number limit ?"
                  + transaction.database().skipLocked())
          .bind(name.agent())
          .bind(name.priority())
          .bind(limit)
          .each(row -> jobs.add(JobRow.read(row)));
    }

    Optional<JobRow> first() {
      return Optional.ofNullable(jobs.peekFirst());
    }

    JobRow take() {
      return jobs.removeFirst();
    }
  }
}
