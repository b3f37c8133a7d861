package dev.errand.jdbc;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.sqlite.SQLiteConnection;

/// One connection with the statements it has prepared; used by one thread at a time.
///
/// Transactions begin and end by the statements given here: the driver has been told to stay out of
/// it.
final class Session implements AutoCloseable {
  private final SQLiteConnection connection;
  private final Map<String, Sql> prepared = new HashMap<>();

  Session(SQLiteConnection connection) {
    // Without this the driver would send BEGIN and COMMIT after each statement, and ask for keys
    // after each insert.
    connection.getConnectionConfig().setAutoCommit(false);
    connection.getConnectionConfig().setGetGeneratedKeys(false);
    this.connection = connection;
  }

  /// The statement of that text, prepared once, with no parameters given yet.
  Sql sql(String text) throws SQLException {
    var known = prepared.get(text);
    if (known == null) {
      known = new Sql(connection.prepareStatement(text));
      prepared.put(text, known);
    }
    return known.begin();
  }

  /// The statements that were prepared so far.
  Set<String> texts() {
    return Set.copyOf(prepared.keySet());
  }

  /// Carries out statements that have neither parameters nor rows, separated by semicolons.
  void script(String text) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.executeUpdate(text);
    }
  }

  /// The value a PRAGMA has.
  String pragma(String text) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(text)) {
      return rows.next() ? rows.getString(1) : "";
    }
  }

  /// Asks several things of one state: the last that was committed when the first was asked.
  <T> T atOneMoment(Readers.Question<T> question) throws SQLException {
    sql("begin").update();
    try {
      return question.ask(this);
    } finally {
      commit();
    }
  }

  void begin() throws SQLException {
    sql("begin immediate").update();
  }

  void commit() throws SQLException {
    sql("commit").update();
  }

  void rollback() throws SQLException {
    sql("rollback").update();
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
