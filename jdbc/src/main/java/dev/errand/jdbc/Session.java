package dev.errand.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// One connection with the statements it has prepared; used by one thread at a time.
final class Session implements AutoCloseable {
  private final Database database;
  private final Connection connection;
  private final String preface;
  private final Map<String, Sql> prepared = new HashMap<>();
  private final Map<List<String>, Sql> together = new HashMap<>();
  private long writer;
  private long transactions;
  private long committed;
  private boolean isWithheld;

  Session(Database database, Connection connection) {
    this(database, connection, "");
  }

  /// @param preface a question that is asked before each other one, in the same journey and the
  ///   same transaction, or nothing
  Session(Database database, Connection connection, String preface) {
    this.database = database;
    this.connection = connection;
    this.preface = preface;
  }

  /// Notes under which number the database knows the connection as one that writes.
  void writesAs(long number) {
    writer = number;
  }

  long writer() {
    return writer;
  }

  /// Numbers the transactions of this connection, where somebody may ask for the last one.
  long nextTransaction() {
    return ++transactions;
  }

  long lastTransaction() {
    return transactions;
  }

  /// Notes that the last one was committed.
  void committed() {
    committed = transactions;
  }

  /// The last one that was committed.
  long lastCommitted() {
    return committed;
  }

  Connection connection() {
    return connection;
  }

  Database database() {
    return database;
  }

  /// Has whoever asks for anything get [Known.Unknown], or no longer.
  void withhold(boolean isWithheld) {
    this.isWithheld = isWithheld;
  }

  /// The statement of that text, prepared once, with no parameters given yet.
  Sql sql(String text) throws SQLException {
    requireGiven();
    var known = prepared.get(text);
    if (known == null) {
      var statement = connection.prepareStatement(preface + database.translated(text));
      known = new Sql(this, statement, !preface.isEmpty());
      prepared.put(text, known);
    }
    return known.begin();
  }

  /// Statements that are carried out one after the other, prepared once, with no parameters given
  /// yet.
  Sql sql(List<String> texts) throws SQLException {
    requireGiven();
    var known = together.get(texts);
    if (known == null) {
      known = sql(String.join(";\n", texts));
      together.put(List.copyOf(texts), known);
    }
    return known.begin();
  }

  private void requireGiven() {
    if (isWithheld) {
      throw new Known.Unknown();
    }
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

  /// The rows of those of these jobs that exist, kept from others until the transaction ends.
  List<JobRow> jobsToChange(Collection<String> ids) throws SQLException {
    var locked = database.lock();
    if (ids.size() == 1) {
      return sql("select * from job where id = ?" + locked)
          .bind(ids.iterator().next())
          .list(JobRow::read);
    }
    return sql("select * from job where " + database.oneOf("id") + " order by id" + locked)
        .bind(ids)
        .list(JobRow::read);
  }

  /// Asks several things of one state: the last that was committed when the first was asked.
  <T> T atOneMoment(Readers.Question<T> question) throws SQLException {
    database.beginReading(this);
    try {
      return question.ask(this);
    } finally {
      database.endReading(this);
    }
  }

  /// A connection that was lost is closed already.
  @Override
  public void close() throws SQLException {
    try {
      connection.close();
    } catch (SQLException failed) {
      if (!database.isPassing(failed)) {
        throw failed;
      }
    }
  }
}
