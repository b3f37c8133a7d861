package dev.errand.jdbc;

import dev.errand.job.Quota;
import dev.errand.job.StoreException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One database of ours, of one dialect: gives connections, and does in its own way what the
/// dialects do differently.
abstract class Database {
  private final Queues queues;
  private volatile @Nullable List<Quota> quotas;

  /// @param queues the turns of this process
  Database(Queues queues) {
    this.queues = queues;
  }

  /// A connection that may write; for one thread at a time.
  abstract Session writer() throws SQLException;

  /// A connection that only reads.
  abstract Session reader() throws SQLException;

  /// What an error means for the user, and what to do about it.
  abstract StoreException trouble(SQLException error);

  /// The text of a statement as this database takes it: `@entry_signal` names an index, where that
  /// has to be said, and `@join` joins in the order of the text, where that has to be.
  abstract String translated(String text);

  /// A condition that a text column is one of a list, which is then bound by `Sql.bind`.
  abstract String oneOf(String column);

  /// What to bind for such a list.
  abstract Object list(Session session, Collection<String> values) throws SQLException;

  /// What to add to a question so that nobody else changes the rows until the transaction ends.
  abstract String lock();

  /// What to add so that rows are locked, and those passed over that somebody else has locked.
  abstract String skipLocked();

  /// The turns of this process.
  final Queues queues() {
    return queues;
  }

  /// The limits that were set at the last look; empty before the first.
  final Optional<List<Quota>> knownQuotas() {
    return Optional.ofNullable(quotas);
  }

  final void know(List<Quota> quotas) {
    this.quotas = List.copyOf(quotas);
  }

  /// Begins a transaction, keeps others out of what it needs, and reads what is worth reading at
  /// once.
  ///
  /// @param isDurable whether it must survive a crash of the machine
  abstract void begin(Session session, Transaction transaction, boolean isDurable)
      throws SQLException;

  /// The last number in the history of a tree of which [#begin] told nothing.
  abstract long lastSequence(Session session, String root) throws SQLException;

  /// The number of the next stop, which is greater than those of all stops that anybody has seen.
  abstract long nextStop(Transaction transaction) throws SQLException;

  /// Any text as it is stored, and back: not every database takes every character.
  abstract String escaped(String text);

  abstract String unescaped(String stored);

  /// How the words of cards are kept.
  abstract CardWords cardWords();

  /// Has others wait who would name these chunks, or ended to do so, before the next question.
  abstract void keepChunks(Transaction transaction, List<String> addresses) throws SQLException;

  /// Writes what a transaction has changed.
  ///
  /// @throws Collision if the key of a new row is taken
  abstract void write(Session session, Changes changes) throws SQLException, Collision;

  /// Writes that, and ends the transaction.
  ///
  /// @throws Collision if the key of a new row is taken; nothing was written
  abstract void commit(Session session, Transaction transaction, Changes changes)
      throws SQLException, Collision;

  /// Gives a transaction all that it needs from what is still known of earlier ones; it is not
  /// begun then, but by its commit. False if that is not all.
  boolean recall(Transaction transaction) {
    return false;
  }

  /// Whether a commit failed, with nothing done, because what was known is so no more.
  boolean isOutdated(SQLException error) {
    return false;
  }

  /// Forgets what is known of the trees of a transaction.
  void forget(Needs needs) {}

  abstract void rollback(Session session) throws SQLException;

  /// Has all questions that follow see one state.
  abstract void beginReading(Session session) throws SQLException;

  abstract void endReading(Session session) throws SQLException;

  /// Whether the same may succeed on another try: the connection was lost, or somebody was in the
  /// way.
  abstract boolean isPassing(SQLException error);

  /// How long to go on trying what [#isPassing].
  abstract Duration patience();

  /// Whether the last transaction of this session was committed, though its [#commit] failed.
  abstract boolean isCommitted(Session session) throws SQLException;

  /// Does something with a connection: on a thread of its own, where an interrupt of the caller's
  /// would break the connection.
  <T> T carries(Supplier<T> work) {
    return work.get();
  }

  /// Whether a caller may carry out its unit of work itself.
  boolean isCarriedByCallers() {
    return true;
  }

  /// Ends what [#carries] began.
  void close() {}

  /// Whoever holds it keeps transactions of this process from being open.
  abstract ReentrantLock turn();

  /// Takes note of what was committed.
  ///
  /// @param isNews whether another process may have something to do for it
  abstract void committed(int units, long bytes, boolean isNews);

  /// The key of a new row was there already: whoever adds one must look before.
  static final class Collision extends Exception {
    private static final long serialVersionUID = 1L;
  }
}
