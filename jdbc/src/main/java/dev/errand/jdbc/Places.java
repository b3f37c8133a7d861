package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import dev.errand.job.JobId;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/* Who may begin, where a job has only so many places for its children.
 *
 * A child takes a place when it is created, or waits for one, in the order of creation; the end of a child hands its place
 * on. Who is done and goes on takes a place whether there is one or not: it is not to wait for others a second time. So
 * does a child for which another job than its parent waits, which may be one that has a place and would keep it
 * for ever. The parent itself may wait for a child that has no place, for those that have one will end.
 *
 * `live` counts the places that are taken. All of it happens in the transaction of the creation, the end or the wait.
 * Somebody waits for a place only while all are taken: who leaves one free takes another in. */
final class Places {
  private static final int LOOKED_AHEAD = 64;

  private Places() {}

  /// Gives a new child a place, or has it wait for one.
  static void take(Transaction transaction, JobRow child, JobRow parent) {
    if (parent.isNull(JobRow.ADMITS) || parent.number(JobRow.LIVE) < parent.number(JobRow.ADMITS)) {
      again(transaction, parent);
    } else {
      transaction.change(child).set(JobRow.DUE, null).set(JobRow.QUEUED, true);
      var queue = transaction.queues().get(parent.id());
      if (queue != null) {
        queue.append(child.id());
      }
    }
  }

  /// Counts a job below its root; false if there may be no more.
  static boolean count(Transaction transaction, JobRow root) {
    boolean mayBe =
        root.isNull(JobRow.ALLOWS) || root.number(JobRow.TOTAL) < root.number(JobRow.ALLOWS);
    if (mayBe) {
      transaction.change(root).add(JobRow.TOTAL, 1);
    }
    return mayBe;
  }

  /// Hands on the place of a child that has ended.
  static void leave(Transaction transaction, JobId parent) throws SQLException, Collision {
    var above = transaction.job(parent);
    long taken = above.number(JobRow.LIVE);
    transaction.change(above).add(JobRow.LIVE, -1);
    if (above.isNull(JobRow.ADMITS) || taken != above.number(JobRow.ADMITS)) {
      return;
    }
    var queue = transaction.queues().get(parent);
    if (queue == null) {
      queue = new Queue();
      transaction.queues().put(parent, queue);
    }
    var next = queue.next(transaction, parent);
    if (next.isPresent()) {
      admit(transaction, next.get(), above);
    }
  }

  /// Notes that a child goes on that had ended.
  static void again(Transaction transaction, JobRow parent) {
    transaction.change(parent).add(JobRow.LIVE, 1);
  }

  /// Gives places to those of these jobs that wait for one, and that are not the waiter's own
  /// children.
  static void admitAwaited(Transaction transaction, JobId waiter, List<String> awaited)
      throws SQLException {
    for (var id : awaited) {
      var parent = new JobId(id).parent();
      if (parent.isPresent() && !parent.get().equals(waiter)) {
        var child = transaction.find(new JobId(id));
        if (child.isPresent() && isWaiting(child.get())) {
          admit(transaction, child.get(), transaction.job(parent.get()));
        }
      }
    }
  }

  private static boolean isWaiting(JobRow child) {
    return child.is(JobRow.QUEUED) && child.isNull(JobRow.STOP);
  }

  private static void admit(Transaction transaction, JobRow child, JobRow parent) {
    transaction
        .change(child)
        .set(JobRow.DUE, transaction.now())
        .set(JobRow.PLACE, null)
        .set(JobRow.QUEUED, false);
    transaction.fallDue(child);
    again(transaction, parent);
  }

  /// The children of one job that wait for a place, as far as they were read, first first.
  static final class Queue {
    private final Deque<JobId> ids = new ArrayDeque<>();

    /// Whether those that were read are all.
    private boolean isWhole;

    private @Nullable JobId last;

    void append(JobId child) {
      if (isWhole) {
        ids.add(child);
      }
    }

    Optional<JobRow> next(Transaction transaction, JobId parent) throws SQLException, Collision {
      while (true) {
        if (ids.isEmpty() && !isWhole) {
          read(transaction, parent);
        }
        var id = ids.poll();
        if (id == null) {
          return Optional.empty();
        }
        var child = transaction.job(id);
        if (isWaiting(child)) {
          return Optional.of(child);
        }
      }
    }

    private void read(Transaction transaction, JobId parent) throws SQLException, Collision {
      transaction
          .sql(
              """
              select id from job
              where parent = ? and queued = 1 and stop is null and ordinal > ?
              order by ordinal limit ?
              """)
          .bind(parent.text())
          .bind(last == null ? 0 : last.ordinal())
          .bind(LOOKED_AHEAD)
          .each(row -> ids.add(new JobId(row.getString(1))));
      isWhole = ids.size() < LOOKED_AHEAD;
      last = ids.isEmpty() ? last : ids.getLast();
    }
  }
}
