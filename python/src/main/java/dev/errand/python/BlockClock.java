package dev.errand.python;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Counts the time that a block's code runs, ticks meanwhile, and rings when it is used up. While
/// the host answers it stands still, and nothing is scheduled.
final class BlockClock implements AutoCloseable {
  /// The time between two ticks.
  static final Duration TICK = Duration.ofMillis(250);

  private final ScheduledExecutorService timer;
  private final Runnable tick;
  private final Runnable bell;
  private long left;
  private long since;
  private boolean counting;
  private boolean scheduled;
  private boolean closed;
  private @Nullable ScheduledFuture<?> alarm;

  private BlockClock(ScheduledExecutorService timer, Duration limit, Runnable tick, Runnable bell) {
    this.timer = timer;
    this.tick = tick;
    this.bell = bell;
    this.left = limit.toNanos();
  }

  /// Starts to count. What it calls must not take long, since it has one thread for all clocks.
  static BlockClock start(
      ScheduledExecutorService timer, Duration limit, Runnable tick, Runnable bell) {
    var clock = new BlockClock(timer, limit, tick, bell);
    clock.resume();
    return clock;
  }

  synchronized void pause() {
    left -= System.nanoTime() - since;
    counting = false;
  }

  synchronized void resume() {
    since = System.nanoTime();
    counting = true;
    if (!scheduled) {
      schedule();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (alarm != null) {
      alarm.cancel(false);
    }
  }

  private synchronized void schedule() {
    long wait = Math.clamp(remaining(), 1, TICK.toNanos());
    try {
      alarm = timer.schedule(this::check, wait, TimeUnit.NANOSECONDS);
      scheduled = true;
    } catch (RejectedExecutionException closing) {
      // The runtime is being closed, and its processes with it.
    }
  }

  private synchronized long remaining() {
    return left - (System.nanoTime() - since);
  }

  private void check() {
    boolean over;
    synchronized (this) {
      scheduled = false;
      if (closed || !counting) {
        return;
      }
      over = remaining() <= 0;
      if (!over) {
        schedule();
      }
    }
    (over ? bell : tick).run();
  }
}
