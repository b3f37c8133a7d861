package dev.errand.python;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Counts the time that a block's code runs, and rings when it is used up. Time during which the
/// host answers is not counted.
final class BlockClock implements AutoCloseable {
  private final ScheduledExecutorService timer;
  private final Runnable bell;
  private long left;
  private long since;
  private boolean counting;
  private boolean closed;
  private @Nullable ScheduledFuture<?> alarm;

  private BlockClock(ScheduledExecutorService timer, Duration limit, Runnable bell) {
    this.timer = timer;
    this.bell = bell;
    this.left = limit.toNanos();
  }

  /// Starts to count.
  static BlockClock start(ScheduledExecutorService timer, Duration limit, Runnable bell) {
    var clock = new BlockClock(timer, limit, bell);
    clock.resume();
    clock.setAlarm();
    return clock;
  }

  synchronized void pause() {
    left -= System.nanoTime() - since;
    counting = false;
  }

  synchronized void resume() {
    since = System.nanoTime();
    counting = true;
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (alarm != null) {
      alarm.cancel(false);
    }
  }

  private synchronized void setAlarm() {
    alarm = timer.schedule(this::check, Math.max(remaining(), 1), TimeUnit.NANOSECONDS);
  }

  private synchronized long remaining() {
    return counting ? left - (System.nanoTime() - since) : left;
  }

  private void check() {
    synchronized (this) {
      if (closed) {
        return;
      }
      if (!counting || remaining() > 0) {
        alarm = timer.schedule(this::check, Math.max(remaining(), 1_000_000), TimeUnit.NANOSECONDS);
        return;
      }
    }
    bell.run();
  }
}
