package dev.errand.jdbc;

import dev.errand.job.JobId;
import java.sql.SQLException;
import java.util.List;

/* Who may begin, where a job has only so many places for its children.
 *
 * A child takes a place when it is created, or waits for one, in the order of creation; the end of a child hands its place
 * on. Who is done and goes on takes a place whether there is one or not: it is not to wait for others a second time. So
 * does a child for which another job than its parent waits, which may be one that has a place and would keep it
 * for ever. The parent itself may wait for a child that has no place, for those that have one will end.
 *
 * `live` counts the places that are taken. All of it happens in the transaction of the creation, the end or the wait. */
final class Places {
  private Places() {}

  /// Gives a new child a place, or has it wait for one.
  static void take(Transaction transaction, JobId child, JobId parent) throws SQLException {
    boolean admitted =
        transaction
                .sql(
                    """
                    update job set live = live + 1
                    where id = ? and (admits is null or live < admits)
                    """)
                .bind(parent.text())
                .update()
            > 0;
    if (!admitted) {
      transaction
          .sql("update job set due = null, queued = 1 where id = ?")
          .bind(child.text())
          .update();
    }
  }

  /// Counts a job below its root; false if there may be no more.
  static boolean count(Transaction transaction, JobId root) throws SQLException {
    return transaction
            .sql(
                """
                update job set total = total + 1
                where id = ? and (allows is null or total < allows)
                """)
            .bind(root.text())
            .update()
        > 0;
  }

  /// Hands on the place of a child that has ended.
  static void leave(Transaction transaction, JobId parent) throws SQLException {
    transaction.sql("update job set live = live - 1 where id = ?").bind(parent.text()).update();
    var next =
        transaction
            .sql(
                """
                select child.id from job child join job above on above.id = child.parent
                where child.parent = ? and child.queued = 1 and child.stop is null
                  and above.live < above.admits
                order by child.ordinal limit 1
                """)
            .bind(parent.text())
            .first(row -> new JobId(row.getString(1)));
    if (next.isPresent()) {
      admit(transaction, next.get(), parent);
    }
  }

  /// Notes that a child goes on that had ended.
  static void again(Transaction transaction, JobId parent) throws SQLException {
    transaction.sql("update job set live = live + 1 where id = ?").bind(parent.text()).update();
  }

  /// Gives places to those of these jobs that wait for one, and that are not the waiter's own
  /// children.
  static void admitAwaited(Transaction transaction, JobId waiter, List<String> awaited)
      throws SQLException {
    for (var id : awaited) {
      var parent = new JobId(id).parent();
      if (parent.isPresent() && !parent.get().equals(waiter)) {
        var queued =
            transaction
                .sql("select 1 from job where id = ? and queued = 1 and stop is null")
                .bind(id)
                .exists();
        if (queued) {
          admit(transaction, new JobId(id), parent.get());
        }
      }
    }
  }

  private static void admit(Transaction transaction, JobId child, JobId parent)
      throws SQLException {
    transaction
        .sql("update job set due = ?, queued = 0 where id = ?")
        .bind(transaction.now())
        .bind(child.text())
        .update();
    again(transaction, parent);
  }
}
