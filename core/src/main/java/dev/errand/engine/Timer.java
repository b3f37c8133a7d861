package dev.errand.engine;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Does small things later, on one thread of its own; what throws is logged.
@SuppressWarnings(
    "FutureReturnValueIgnored") // nobody waits for these, and failures are logged here
final class Timer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Timer.class);
  private final ScheduledExecutorService thread;

  Timer(String name) {
    thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name(name).factory());
  }

  void after(Duration delay, Runnable action) {
    try {
      thread.schedule(guarded(action), delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closed) {
      // Nothing is late any more.
    }
  }

  void every(Duration period, Runnable action) {
    thread.scheduleWithFixedDelay(
        guarded(action), period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
  }

  @SuppressWarnings("IllegalCatch")
  private static Runnable guarded(Runnable action) {
    return () -> {
      try {
        action.run();
      } catch (RuntimeException failed) {
        LOG.warn("Something due by time failed", failed);
      }
    };
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
