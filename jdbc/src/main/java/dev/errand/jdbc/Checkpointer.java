package dev.errand.jdbc;

import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/* Moves what was committed from the log into the file, on a thread of its own, so that no commit
 * waits for it.
 *
 * A passive checkpoint lets everyone read and write meanwhile. If it catches up with the writer the
 * log starts anew by itself, but under steady writing it never does, and the log would grow without
 * end. So when the log has become long the writer is held up for the moment it takes to move the
 * rest that a passive checkpoint left. The log is then written over from its beginning, which syncs
 * faster than a file that grows; only after an uncommon growth (a long read that kept a checkpoint
 * from moving on) is it cut off.
 *
 * Other processes do the same to the same log. Who finds it busy leaves it to the next time: a
 * checkpoint that did not happen costs nothing but disk. */
final class Checkpointer implements AutoCloseable {
  /// About so many units of work, or so many bytes, make a log of some megabytes.
  private static final long UNITS = 1_000;

  private static final long BYTES_PER_UNIT = 8_192;

  private static final int LONG_PAGES = 65_536;
  private static final int HUGE_PAGES = 262_144;

  private final SqliteDatabase database;
  private final int longPages;
  private final int hugePages;
  private final ReentrantLock turn = new ReentrantLock();
  private final AtomicLong units = new AtomicLong();
  private final Thread thread;
  private volatile boolean closed;

  /// Used by the thread alone.
  private @Nullable Session session;

  Checkpointer(SqliteDatabase database) {
    this(database, LONG_PAGES, HUGE_PAGES);
  }

  /// A checkpointer with an opinion of its own on what is a long log, and a huge one.
  Checkpointer(SqliteDatabase database, int longPages, int hugePages) {
    this.database = database;
    this.longPages = longPages;
    this.hugePages = hugePages;
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

  /// Takes note that so many more units of work are in the log, with so many bytes beside them.
  void committed(int more, long bytes) {
    if (units.addAndGet(more + bytes / BYTES_PER_UNIT) >= UNITS) {
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
    closeSession();
  }

  /// Moves what can be moved; by the thread alone.
  void checkpoint() {
    try {
      var open = session == null ? database.checkpointer() : session;
      session = open;
      int pages = open.sql("pragma wal_checkpoint(passive)").first(row -> row.getInt(2)).orElse(0);
      if (pages > longPages) {
        startAnew(open, pages > hugePages);
      }
    } catch (SQLException nextTime) {
      // The log keeps everything until a checkpoint succeeds, and a commit that finds no room on
      // the disk says so to its caller.
      closeSession();
    }
  }

  private void startAnew(Session open, boolean cut) throws SQLException {
    turn.lock();
    try {
      open.sql(cut ? "pragma wal_checkpoint(truncate)" : "pragma wal_checkpoint(restart)")
          .first(row -> row.getInt(1));
    } finally {
      turn.unlock();
    }
  }

  private void closeSession() {
    try {
      if (session != null) {
        session.close();
      }
    } catch (SQLException alreadyUnusable) {
      // It was of no use for anything else.
    }
    session = null;
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    Threads.join(thread);
  }
}
