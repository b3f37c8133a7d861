package dev.errand.jdbc;

import java.sql.SQLException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// What the units of work of one transaction share. Nothing here outlives it: other processes write
/// too.
final class Transaction {
  private final Session session;
  private final InstantSource clock;
  private final Map<String, Long> lastSequence = new HashMap<>();
  private final Set<String> definitions = new HashSet<>();
  private long now;

  Transaction(Session session, InstantSource clock) {
    this.session = session;
    this.clock = clock;
  }

  /// Begins the next unit of work, which happens at one moment.
  void beginUnit() {
    now = clock.instant().toEpochMilli();
  }

  Session session() {
    return session;
  }

  Sql sql(String text) throws SQLException {
    return session.sql(text);
  }

  long now() {
    return now;
  }

  /// The next number in the history of a tree.
  ///
  /// No two entries get the same one: the transaction holds the write lock of the file.
  long nextSequence(String root) throws SQLException {
    var last = lastSequence.get(root);
    long next = 1 + (last == null ? storedSequence(root) : last);
    lastSequence.put(root, next);
    return next;
  }

  private long storedSequence(String root) throws SQLException {
    return Math.max(
        last("select max(sequence) from entry where job = ?", root),
        last("select max(sequence) from entry where root = ? and job <> root", root));
  }

  private long last(String question, String root) throws SQLException {
    return sql(question).bind(root).first(row -> row.getLong(1)).orElse(0L);
  }

  /// Whether this transaction has not yet seen to that definition.
  boolean isNewDefinition(String address) {
    return definitions.add(address);
  }

  void markRefusable() throws SQLException {
    sql("savepoint unit").update();
  }

  void keep() throws SQLException {
    sql("release unit").update();
  }

  /// Takes back what was written since [#markRefusable].
  void undo() throws SQLException {
    sql("rollback to unit").update();
    keep();
    lastSequence.clear();
    definitions.clear();
  }
}
