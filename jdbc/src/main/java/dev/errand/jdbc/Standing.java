package dev.errand.jdbc;

import dev.errand.spi.Turns;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/// A queue in which due jobs stand, and the place of the first of them: found one after the other
/// by their index, whatever else stands in it.
record Standing(Turns.Queue name, long place) {
  /// Before all queues.
  static final Standing FIRST = new Standing(new Turns.Queue(Integer.MIN_VALUE, ""), 0);

  /// Shows all queues, in the order of agents and of priorities, the highest first.
  void each(Session session, Look look) throws SQLException {
    var next = after(session);
    while (next.isPresent()) {
      look.at(next.get());
      next = next.get().after(session);
    }
  }

  private Optional<Standing> after(Session session) throws SQLException {
    var lower =
        session
            .sql(
                """
                select priority, agent, place from job
                where place is not null and stop is null and agent = ? and priority < ?
                order by priority desc, place limit 1
                """)
            .bind(name.agent())
            .bind(name.priority())
            .first(Standing::read);
    return lower.isPresent()
        ? lower
        : session
            .sql(
                """
                select priority, agent, place from job
                where place is not null and stop is null and agent > ?
                order by agent, priority desc, place limit 1
                """)
            .bind(name.agent())
            .first(Standing::read);
  }

  private static Standing read(ResultSet row) throws SQLException {
    return new Standing(new Turns.Queue(row.getInt(1), row.getString(2)), row.getLong(3));
  }

  /// Looks at a queue.
  @FunctionalInterface
  interface Look {
    void at(Standing queue) throws SQLException;
  }
}
