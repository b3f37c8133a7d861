package dev.errand.jdbc;

import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Moves what was committed from the log into the file, on a thread of its own, so that no commit
/// waits for it.
///
/// A passive checkpoint lets everyone read and write meanwhile, but under steady writing the log
/// never runs dry, and so grows. When it has become long, the writer stands still for the moment it
/// takes to move the small rest that a passive checkpoint has left, and the log starts anew. Other
/// processes do the same; who finds the file busy leaves it to the next time, for a checkpoint that
/// did not happen costs nothing but disk.
final class Checkpointer implements AutoCloseable {
  /// About so many units of work make a log of a few megabytes.
  private static final long UNITS = 1_000;

  private static final int LONG_LOG_PAGES = 16_384;

  private final Database database;
  private final ReentrantLock turn = new ReentrantLock();
  private final AtomicLong units = new AtomicLong();
  private final Thread thread;
  private volatile boolean closed;

  /// Used by the thread alone.
  private @Nullable Session session;

  Checkpointer(Database database) {
    this.database = database;
    this.thread =
        Thread.ofPlatform().name("errand-store-checkpoint").daemon().unstarted(this::work);
  }

  void start() {
    thread.start();
  }

  /// Held by whoever needs the log to stand still.
  ReentrantLock turn() {
    return turn;
  }

  /// Takes note that so many more units of work are in the log.
  void committed(int more) {
    if (units.addAndGet(more) >= UNITS) {
      LockSupport.unpark(thread);
    }
  }

  private void work() {
    while (!closed) {
      LockSupport.park(this);
      if (units.get() >= UNITS && !closed) {
        units.set(0);
        checkpoint();
      }
    }
    try {
      if (session != null) {
        session.close();
      }
    } catch (SQLException alreadyUnusable) {
      // Nothing depends on it any more.
    }
  }

  private void checkpoint() {
    try {
      if (session == null) {
        session = database.checkpointer();
      }
      int pages =
          session.sql("pragma wal_checkpoint(passive)").first(row -> row.getInt(2)).orElse(0);
      if (pages > LONG_LOG_PAGES) {
        startAnew(session);
      }
    } catch (SQLException nextTime) {
      // The log keeps everything until a checkpoint succeeds, and a commit that finds no room says
      // so to its caller.
      units.set(UNITS / 2);
    }
  }

  private void startAnew(Session session) throws SQLException {
    turn.lock();
    try {
      session.sql("pragma wal_checkpoint(truncate)").first(row -> row.getInt(1));
    } finally {
      turn.unlock();
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    Threads.join(thread);
  }
}
