package dev.errand.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A prepared statement whose parameters are given one after the other; see [Session#sql].
final class Sql implements AutoCloseable {
  private final Session session;
  private final PreparedStatement statement;

  /// Whether a question of the session's own comes before this one, and its result first.
  private final boolean isPreceded;

  private int bound;

  Sql(Session session, PreparedStatement statement, boolean isPreceded) {
    this.session = session;
    this.statement = statement;
    this.isPreceded = isPreceded;
  }

  Sql begin() {
    bound = 0;
    return this;
  }

  Sql bind(long value) throws SQLException {
    statement.setLong(++bound, value);
    return this;
  }

  Sql bind(double value) throws SQLException {
    statement.setDouble(++bound, value);
    return this;
  }

  Sql bind(boolean value) throws SQLException {
    statement.setInt(++bound, value ? 1 : 0);
    return this;
  }

  Sql bind(@Nullable String value) throws SQLException {
    statement.setString(++bound, value);
    return this;
  }

  Sql bind(byte[] value) throws SQLException {
    statement.setBytes(++bound, value);
    return this;
  }

  /// For [Database#oneOf].
  Sql bind(Collection<String> values) throws SQLException {
    statement.setObject(++bound, session.database().list(session, values));
    return this;
  }

  Sql bindOrNull(@Nullable Object value) throws SQLException {
    return switch (value) {
      case Long number -> bind(number.longValue());
      case String text -> bind(text);
      case null -> {
        statement.setNull(++bound, Types.BIGINT);
        yield this;
      }
      default -> throw new IllegalArgumentException("No value of a row: " + value);
    };
  }

  /// A value that the database's own driver makes.
  Sql bindNative(Object value) throws SQLException {
    statement.setObject(++bound, value);
    return this;
  }

  /// Carries it out, and returns how many rows it changed.
  int update() throws SQLException {
    return statement.executeUpdate();
  }

  /// Carries out a statement that consists of several, and shows each result to who comes next; one
  /// without rows is shown to nobody. Returns how many rows each of those has changed.
  List<Integer> all(List<Results> looks) throws SQLException {
    var updates = new ArrayList<Integer>();
    var next = looks.iterator();
    boolean isRows = statement.execute();
    while (true) {
      if (isRows) {
        try (var rows = statement.getResultSet()) {
          next.next().at(rows);
        }
      } else if (statement.getUpdateCount() >= 0) {
        updates.add(statement.getUpdateCount());
      } else {
        return updates;
      }
      isRows = statement.getMoreResults();
    }
  }

  private ResultSet query() throws SQLException {
    if (!isPreceded) {
      return statement.executeQuery();
    }
    statement.execute();
    statement.getMoreResults();
    return statement.getResultSet();
  }

  /// Carries it out for its rows.
  <T> List<T> list(Row<T> row) throws SQLException {
    try (var rows = query()) {
      var found = new ArrayList<T>();
      while (rows.next()) {
        found.add(row.read(rows));
      }
      return found;
    }
  }

  /// Carries it out and shows each of its rows.
  void each(Look look) throws SQLException {
    try (var rows = query()) {
      while (rows.next()) {
        look.at(rows);
      }
    }
  }

  /// Carries it out for its first row.
  <T> Optional<T> first(Row<T> row) throws SQLException {
    try (var rows = query()) {
      return rows.next() ? Optional.of(row.read(rows)) : Optional.empty();
    }
  }

  /// Whether there is a row.
  boolean exists() throws SQLException {
    try (var rows = query()) {
      return rows.next();
    }
  }

  @Override
  public void close() throws SQLException {
    statement.close();
  }

  /// Makes a value of the row the result stands at.
  @FunctionalInterface
  interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  /// Looks at the row the result stands at.
  @FunctionalInterface
  interface Look {
    void at(ResultSet row) throws SQLException;
  }

  /// Looks at the rows of a result.
  @FunctionalInterface
  interface Results {
    void at(ResultSet rows) throws SQLException;
  }
}
