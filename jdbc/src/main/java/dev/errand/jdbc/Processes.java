package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/* Who has the file open, and what becomes of the leases of those who are gone.
 *
 * A lease runs out by itself, but after `kill -9` a user wants to go on at once. So each opening of
 * the file is registered with the process that did it, each lease names the opening it was given
 * under, and leases of an opening whose process is certainly dead are taken back. Should that
 * judgement ever be wrong, nothing breaks: a lease that was taken back has no worker, and the next
 * claim raises the fence, so a step of the old holder is refused like that of any worker that lost
 * its lease. */
final class Processes {
  private Processes() {}

  /// Registers an opening, and returns its number.
  static long register(Transaction transaction, ProcessIdentity process) throws SQLException {
    return transaction
        .direct("insert into process (machine, pid, started) values (?, ?, ?) returning id")
        .bind(process.machine())
        .bind(process.pid())
        .bind(process.started())
        .first(row -> row.getLong(1))
        .orElseThrow();
  }

  /// The openings by processes that are certainly dead.
  static List<Long> dead(Session session, ProcessIdentity observer) throws SQLException {
    return session.sql("select id, machine, pid, started from process").list(Opening::read).stream()
        .filter(opening -> opening.process().isDead(observer))
        .map(Opening::id)
        .toList();
  }

  /// Forgets an opening, and makes due at once what was leased under it.
  ///
  /// Only leases that still name the opening are taken back: a job that somebody else has claimed
  /// since names another.
  static boolean end(Transaction transaction, long opening) throws SQLException, Collision {
    transaction
        .sql(
            """
            update job set worker = null, process = null, place = null, due = case when due < ? then due else ? end
            where process = ? and due is not null
            """)
        .bind(transaction.now())
        .bind(transaction.now())
        .bind(opening)
        .update();
    transaction.forgetJobs();
    return transaction.direct("delete from process where id = ?").bind(opening).update() == 1;
  }

  private record Opening(long id, ProcessIdentity process) {
    static Opening read(ResultSet row) throws SQLException {
      return new Opening(
          row.getLong(1), new ProcessIdentity(row.getString(2), row.getLong(3), row.getString(4)));
    }
  }
}
