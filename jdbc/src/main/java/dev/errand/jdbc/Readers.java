package dev.errand.jdbc;

import dev.errand.job.StoreException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A few connections for reading; who finds none free waits.
///
/// A question is one statement, and so sees one state, the last that was committed when it began;
/// one of several statements asks them by [Session#atOneMoment].
final class Readers implements AutoCloseable {
  /// How many at a time.
  static final int MOST = 4;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

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

  /// Asks, on a thread that nobody interrupts where the connection would suffer by it.
  <T> T read(Question<T> question) {
    return database.carries(() -> patiently(question));
  }

  /// Asks again what failed for a reason that passes.
  private <T> T patiently(Question<T> question) {
    long end = System.nanoTime() + database.patience().toNanos();
    var pause = FIRST_PAUSE;
    while (true) {
      try {
        return once(question);
      } catch (SQLException failed) {
        if (isClosed() || !database.isPassing(failed) || System.nanoTime() > end) {
          throw database.trouble(failed);
        }
        LockSupport.parkNanos(pause.toNanos());
        pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : pause;
      }
    }
  }

  private <T> T once(Question<T> question) throws SQLException {
    free.acquireUninterruptibly();
    try {
      var session = borrow();
      try {
        var answer = question.ask(session);
        giveBack(session);
        return answer;
      } catch (SQLException doubtful) {
        session.close();
        throw doubtful;
      } catch (RuntimeException refused) {
        giveBack(session);
        throw refused;
      }
    } finally {
      free.release();
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
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
