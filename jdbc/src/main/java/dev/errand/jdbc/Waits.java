package dev.errand.jdbc;

import static java.util.Comparator.comparingLong;

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

  /// Of handlers that are awaited, those that have not ended, and those of no job.
  record Awaited(List<String> open, List<String> unknown) {}

  /// Notes that `waiter` waits for these handlers.
  ///
  /// @return how many must still end; 0 or less when enough have
  static int begin(Transaction transaction, JobId waiter, Wait on) throws SQLException {
    var awaited = on.handlers().stream().map(JobId::text).toList();
    var known = transaction.waits().targets(waiter.text());
    for (var obsolete : difference(known, awaited)) {
      transaction.waits().remove(obsolete, waiter.text());
    }
    Places.admitAwaited(transaction, waiter, awaited);
    // What has a row already has not ended: the row would be gone.
    var others = difference(awaited, known);
    var found = transaction.awaited(others);
    if (!found.unknown().isEmpty()) {
      throw new UnknownJobException(found.unknown().getFirst());
    }
    found.open().forEach(handler -> transaction.waits().add(handler, waiter.text()));
    return on.needed() - (others.size() - found.open().size());
  }

  /// Refuses a wait that can never end, because those waited for wait for `waiter` themselves.
  ///
  /// The wait that closes a cycle sees all others of it: each began in a transaction of its own.
  static void requireNoCycle(Transaction transaction, JobId waiter, Wait on, int needed)
      throws SQLException {
    // What was created just now waits for nobody.
    boolean areNew = on.handlers().stream().allMatch(transaction::isNew);
    if (on.until() != null || areNew || !isAnyUpward(transaction, waiter)) {
      return;
    }
    var graph = new HashMap<JobId, WaitGraph.Waiting>();
    var next = new ArrayList<>(List.of(waiter));
    while (!next.isEmpty()) {
      var id = next.removeLast();
      var still = id.equals(waiter) ? Optional.of(needed) : needed(transaction, id);
      if (still.isPresent() && !graph.containsKey(id)) {
        var open = transaction.waits().targets(id.text()).stream().map(JobId::new).toList();
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

  /// Whether anybody of the tree waits for a job that is not below itself: without one, waits form
  /// no cycle. The ids of a tree are neighbours: '/' is what comes after '.'.
  private static boolean isAnyUpward(Transaction transaction, JobId waiter) throws SQLException {
    var root = waiter.root().text();
    return transaction.waits().isAnyUpward(root)
        || transaction
            .session()
            .sql(
                """
                select 1 from wait
                where (waiter = ? or (waiter > ? || '.' and waiter < ? || '/'))
                  and substr(target, 1, length(waiter) + 1) <> waiter || '.' limit 1
                """)
            .bind(root)
            .bind(root)
            .bind(root)
            .exists();
  }

  /// How many ends a job waits for that goes on for nothing else.
  private static Optional<Integer> needed(Transaction transaction, JobId id) throws SQLException {
    return transaction
        .find(id)
        .filter(job -> job.number(JobRow.NEEDED) > 0 && job.isNull(JobRow.DUE))
        .map(job -> (int) job.number(JobRow.NEEDED));
  }

  /// Makes those due who waited for this handler and need no other; as due since they were created,
  /// see [dev.errand.spi.Store#claim].
  static void handlerEnded(Transaction transaction, JobId target) throws SQLException {
    var woken = new ArrayList<JobRow>();
    for (var waiter : transaction.waits().waiters(target.text())) {
      transaction.waits().remove(target.text(), waiter);
      var job = transaction.job(new JobId(waiter));
      long needed = job.number(JobRow.NEEDED);
      if (needed > 0) {
        transaction.change(job).add(JobRow.NEEDED, -1);
      }
      if (needed == 1) {
        woken.add(job);
      }
    }
    woken.sort(comparingLong(JobRow::order));
    for (var job : woken) {
      transaction.change(job).set(JobRow.DUE, job.number(JobRow.CREATED));
      transaction.fallDue(job);
    }
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
    for (var target : transaction.waits().targets(waiter.text())) {
      transaction.waits().remove(target, waiter.text());
    }
  }

  private static List<String> difference(List<String> all, List<String> without) {
    if (without.isEmpty()) {
      return all;
    }
    var known = new HashSet<>(without);
    return all.stream().filter(one -> !known.contains(one)).toList();
  }
}
