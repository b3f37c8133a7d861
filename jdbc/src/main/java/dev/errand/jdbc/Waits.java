package dev.errand.jdbc;

import dev.errand.job.JobId;
import dev.errand.job.UnknownJobException;
import dev.errand.job.Wait;
import dev.errand.job.WaitCycleException;
import dev.errand.spi.WaitGraph;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/* Who hears of whose end.
 *
 * While a job waits, its `wait` rows are the awaited handlers that have not ended, and `needed`
 * says how many of them must still end. The end of a handler takes away the rows that name it and
 * counts `needed` down; who reaches 0 falls due. Both are done by whoever holds the write lock, in
 * the transaction of the end or of the wait itself: an end is either seen by the wait that comes
 * after it, or finds that wait's row. None falls between.
 *
 * A wait may be over for another reason: its moment has come, or a message arrived. Whoever claims the job then sets
 * `needed` to 0, so that ends that come later change nothing of a job that is at work.
 *
 * Rows that are left when enough others have ended stay where they are until the job waits again or
 * ends: a loop over a thousand handlers, whichever ends first, then changes one row per turn and
 * not a thousand. */
final class Waits {
  private Waits() {}

  /// Notes that `waiter` waits for these handlers.
  ///
  /// @return how many must still end; 0 or less when enough have
  static int begin(Transaction transaction, JobId waiter, Wait on) throws SQLException {
    var awaited = on.handlers().stream().map(JobId::text).toList();
    var known = awaitedBefore(transaction, waiter);
    for (var obsolete : difference(known, awaited)) {
      transaction
          .sql("delete from wait where target = ? and waiter = ?")
          .bind(obsolete)
          .bind(waiter.text())
          .update();
    }
    Places.admitAwaited(transaction, waiter, awaited);
    // What has a row already has not ended: the row would be gone.
    var others = difference(awaited, known);
    return on.needed() - (others.size() - addUnfinished(transaction, waiter, others));
  }

  private static List<String> awaitedBefore(Transaction transaction, JobId waiter)
      throws SQLException {
    return transaction
        .sql("select target from wait where waiter = ?")
        .bind(waiter.text())
        .list(row -> row.getString(1));
  }

  private static int addUnfinished(Transaction transaction, JobId waiter, List<String> handlers)
      throws SQLException {
    if (handlers.isEmpty()) {
      return 0;
    }
    var list = handlers.stream().collect(Collectors.joining("\",\"", "[\"", "\"]"));
    int added =
        transaction
            .sql(
                """
                insert into wait (target, waiter)
                select job.id, ? from json_each(?) cross join job on job.id = value where told = 0
                """)
            .bind(waiter.text())
            .bind(list)
            .update();
    if (added < handlers.size()) {
      requireKnown(transaction, list);
    }
    return added;
  }

  private static void requireKnown(Transaction transaction, String list) throws SQLException {
    var unknown =
        transaction
            .sql(
                """
                select value from json_each(?)
                where not exists (select 1 from job where job.id = value)
                """)
            .bind(list)
            .first(row -> row.getString(1));
    if (unknown.isPresent()) {
      throw new UnknownJobException(unknown.get());
    }
  }

  /// Refuses a wait that can never end, because those waited for wait for `waiter` themselves.
  ///
  /// The wait that closes a cycle sees all others of it: each began in a transaction of its own.
  static void requireNoCycle(Transaction transaction, JobId waiter, Wait on, int needed)
      throws SQLException {
    if (on.until() != null || !isAnyUpward(transaction)) {
      return;
    }
    var graph = new HashMap<JobId, WaitGraph.Waiting>();
    var next = new ArrayList<>(List.of(waiter));
    while (!next.isEmpty()) {
      var id = next.removeLast();
      var still = id.equals(waiter) ? Optional.of(needed) : needed(transaction, id);
      if (still.isPresent() && !graph.containsKey(id)) {
        var open = awaitedBefore(transaction, id).stream().map(JobId::new).toList();
        graph.put(id, new WaitGraph.Waiting(still.get(), open));
        next.addAll(open);
      }
    }
    var cycle =
        WaitGraph.cycle(
            waiter,
            Objects.requireNonNull(graph.get(waiter)),
            id -> Optional.ofNullable(graph.get(id)));
    if (!cycle.isEmpty()) {
      throw new WaitCycleException(cycle);
    }
  }

  private static boolean isAnyUpward(Transaction transaction) throws SQLException {
    return transaction
        .sql(
            """
            select 1 from wait
            where waiter >= '' and substr(target, 1, length(waiter) + 1) <> waiter || '.' limit 1
            """)
        .exists();
  }

  /// How many ends a job waits for that goes on for nothing else.
  private static Optional<Integer> needed(Transaction transaction, JobId id) throws SQLException {
    return transaction
        .sql("select needed from job where id = ? and needed > 0 and due is null")
        .bind(id.text())
        .first(row -> row.getInt(1));
  }

  /// Makes those due who waited for this handler and need no other; as due since they were created,
  /// see [dev.errand.spi.Store#claim].
  ///
  /// @return who waited
  static List<String> handlerEnded(Transaction transaction, JobId target) throws SQLException {
    var waiters =
        transaction
            .sql("delete from wait where target = ? returning waiter")
            .bind(target.text())
            .list(row -> row.getString(1));
    for (var waiter : waiters) {
      transaction
          .sql(
              """
              update job set due = iif(needed = 1, created, due), needed = needed - 1
              where id = ? and needed > 0
              """)
          .bind(waiter)
          .update();
    }
    return waiters;
  }

  /// What a job waits for that nobody has woken yet.
  static Optional<Wait> of(Session session, JobId waiter) throws SQLException {
    var open =
        session
            .sql("select target from wait where waiter = ? order by target")
            .bind(waiter.text())
            .list(row -> new JobId(row.getString(1)));
    return session
        .sql("select needed, due, heeds from job where id = ? and needed > 0")
        .bind(waiter.text())
        .first(row -> new Wait(open, row.getInt(1), until(row), row.getBoolean(3)));
  }

  private static @Nullable Instant until(ResultSet row) throws SQLException {
    long due = row.getLong(2);
    return row.wasNull() ? null : Instant.ofEpochMilli(due);
  }

  /// Forgets what a job that is done still waited for.
  static void end(Transaction transaction, JobId waiter) throws SQLException {
    transaction.sql("delete from wait where waiter = ?").bind(waiter.text()).update();
  }

  private static List<String> difference(List<String> all, List<String> without) {
    if (without.isEmpty()) {
      return all;
    }
    var known = new HashSet<>(without);
    return all.stream().filter(one -> !known.contains(one)).toList();
  }
}
