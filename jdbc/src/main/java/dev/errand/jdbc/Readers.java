package dev.errand.jdbc;

import dev.errand.job.StoreException;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A few connections for reading; who finds none free waits.
///
/// A question is one statement, and so sees one state, the last that was committed when it began;
/// one of several statements asks them by [Session#atOneMoment].
final class Readers implements AutoCloseable {
  private static final int MOST = 4;

  private final Database database;
  private final Semaphore free;

  /// Guards `idle` and `closed`.
  private final ReentrantLock lock = new ReentrantLock();

  private final Deque<Session> idle = new ArrayDeque<>();
  private boolean closed;

  Readers(Database database) {
    this(database, MOST);
  }

  Readers(Database database, int most) {
    this.database = database;
    this.free = new Semaphore(most);
  }

  <T> T read(Question<T> question) {
    free.acquireUninterruptibly();
    try {
      var session = borrow();
      try {
        return question.ask(session);
      } finally {
        giveBack(session);
      }
    } catch (SQLException failed) {
      throw database.trouble(failed);
    } finally {
      free.release();
    }
  }

  private Session borrow() throws SQLException {
    var known = takeIdle();
    return known == null ? database.reader() : known;
  }

  private @Nullable Session takeIdle() {
    lock.lock();
    try {
      if (closed) {
        throw new StoreException("The store is closed; open it again.");
      }
      return idle.pollFirst();
    } finally {
      lock.unlock();
    }
  }

  private void giveBack(Session session) throws SQLException {
    lock.lock();
    try {
      if (!closed) {
        idle.addFirst(session);
        return;
      }
    } finally {
      lock.unlock();
    }
    session.close();
  }

  /// Ends the idle connections; those in use end when their question is answered.
  @Override
  public void close() throws SQLException {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    for (var session : idle) {
      session.close();
    }
  }

  /// Asks one thing of a connection.
  @FunctionalInterface
  interface Question<T> {
    T ask(Session session) throws SQLException;
  }
}
