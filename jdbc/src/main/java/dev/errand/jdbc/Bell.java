package dev.errand.jdbc;

import dev.errand.job.StoreException;
import dev.errand.spi.Store;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/* Tells the other processes that something may have fallen due, and hears it from them.
 *
 * To ring (NOTIFY) takes a lock for the whole database until it is committed, so no step rings: a thread of its own does,
 * after the commit, once for all that gathered since it last did, and not more often than every few milliseconds. What is
 * lost with a process that dies in between is heard of by polling.
 *
 * Another thread listens on a connection of its own. It rings once for itself, and as long as it does not hear that, it
 * has its listeners look every second. Behind PgBouncer in transaction mode it does not even listen: the session that was
 * told to would go on to hear for whoever has it next, whose driver keeps all that nobody fetches. */
final class Bell implements AutoCloseable {
  private static final String CHANNEL = "errand";
  private static final Duration BETWEEN_RINGS = Duration.ofMillis(5);
  private static final Duration LISTEN_AT_ONCE = Duration.ofSeconds(1);
  private static final Duration PAUSE = Duration.ofSeconds(2);

  private final PostgresDatabase database;

  /// What this process says, so that it does not heed itself.
  private final String name;

  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /// What came since it was rung last; who adds to it does not disturb the pause after a ring.
  private final Semaphore news = new Semaphore(0);

  private final Thread ringing;
  private final Thread listening;
  private volatile boolean closed;
  private volatile boolean isHeard;
  private volatile @Nullable Session heardOn;

  Bell(PostgresDatabase database, String name) {
    this.database = database;
    this.name = name;
    this.ringing = Thread.ofPlatform().daemon().name("errand-store-rings").unstarted(this::ring);
    this.listening =
        Thread.ofPlatform().daemon().name("errand-store-listens").unstarted(this::listen);
  }

  void start() {
    ringing.start();
  }

  /// Something may have fallen due, or was stopped.
  void changed() {
    if (news.availablePermits() == 0) {
      news.release();
    }
  }

  Store.Listening listen(Runnable woken) {
    listeners.add(woken);
    synchronized (listening) {
      if (listening.getState() == Thread.State.NEW) {
        listening.start();
      }
    }
    return () -> listeners.remove(woken);
  }

  private void ring() {
    Session session = null;
    while (!closed) {
      news.acquireUninterruptibly();
      news.drainPermits();
      try {
        session = session == null ? database.plain() : session;
        session
            .sql("select set_config('synchronous_commit', 'off', true), pg_notify(?, ?)")
            .bind(CHANNEL)
            .bind(name)
            .exists();
      } catch (SQLException unheard) {
        close(session);
        session = null;
      }
      LockSupport.parkNanos(BETWEEN_RINGS.toNanos());
    }
    close(session);
  }

  private void listen() {
    while (!closed) {
      try (var session = database.plain()) {
        heardOn = session;
        var connection = session.connection().unwrap(PGConnection.class);
        if (!PostgresSource.isPooled(session.connection())) {
          session.script("listen " + CHANNEL);
          changed();
        }
        while (!closed) {
          hear(connection);
        }
      } catch (SQLException lost) {
        isHeard = false;
        pause();
      }
    }
  }

  private void hear(PGConnection connection) throws SQLException {
    var heard = connection.getNotifications((int) LISTEN_AT_ONCE.toMillis());
    if (heard == null || heard.length == 0) {
      if (!isHeard) {
        listeners.forEach(Runnable::run);
      }
      return;
    }
    isHeard = true;
    for (var one : heard) {
      if (!one.getParameter().equals(name)) {
        listeners.forEach(Runnable::run);
        return;
      }
    }
  }

  private void pause() {
    if (!closed) {
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  private static void close(@Nullable Session session) {
    try {
      if (session != null) {
        session.close();
      }
    } catch (SQLException gone) {
      // It was of no use any more.
    }
  }

  @Override
  public void close() {
    closed = true;
    news.release();
    LockSupport.unpark(ringing);
    LockSupport.unpark(listening);
    Threads.join(ringing);
    var session = heardOn;
    if (listening.getState() != Thread.State.NEW) {
      abort(session);
      Threads.join(listening);
    }
  }

  /// Ends the wait for something to be heard.
  private static void abort(@Nullable Session session) {
    try {
      if (session != null) {
        session.connection().abort(Runnable::run);
      }
    } catch (SQLException gone) {
      throw new StoreException("A connection could not be closed: " + gone, gone);
    }
  }
}
