package dev.errand.engine;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The calls of one job that leave the engine, to tools and to its model; any thread may break them
/// off.
///
/// A thread is interrupted only while it is in such a call: a commit never sees an interrupt that
/// was meant for one.
final class Outbound {
  /// Whether a thread calls a tool or a model. Threads that it starts do not have it: a pool that a
  /// tool happens to make outlives the call.
  private static final ThreadLocal<Boolean> CALLING = ThreadLocal.withInitial(() -> false);

  private final Map<Thread, Target> calling = new HashMap<>();
  private boolean closed;
  private boolean resting;
  private boolean hurried;

  private enum Target {
    TOOL,
    MODEL
  }

  /// Calls a tool, on the calling thread: what it did counts, so that it is given time to end by
  /// itself, but no more than `most`.
  ///
  /// @throws TimeoutException if it was interrupted because it took longer
  <T extends @Nullable Object> T tool(Duration most, Callable<T> call) throws Exception {
    begin(Target.TOOL);
    var watch = new Watch(Thread.currentThread());
    try {
      watch.begin(most);
      return call.call();
    } catch (InterruptedException interrupted) {
      throw watch.end() ? late(most) : interrupted;
    } finally {
      if (watch.end()) {
        Thread.interrupted(); // it was for the call, which is over
      }
      end();
    }
  }

  private static TimeoutException late(Duration most) {
    return new TimeoutException(
        "it took longer than "
            + most.toSeconds()
            + " s, its limit, and was broken off; what it did by then is done");
  }

  /// Interrupts a thread whose call takes too long, unless the call is over.
  private static final class Watch {
    private final Thread watched;
    private final CountDownLatch over = new CountDownLatch(1);
    private boolean fired;

    Watch(Thread watched) {
      this.watched = watched;
    }

    void begin(Duration most) {
      Thread.ofVirtual().name("errand-tool-timeout").start(() -> await(most));
    }

    private void await(Duration most) {
      try {
        if (!over.await(most.toMillis(), TimeUnit.MILLISECONDS)) {
          fire();
        }
      } catch (InterruptedException ended) {
        Thread.currentThread().interrupt();
      }
    }

    private synchronized void fire() {
      if (over.getCount() > 0) {
        fired = true;
        watched.interrupt();
      }
    }

    /// No interrupt comes after this; whether one did.
    synchronized boolean end() {
      over.countDown();
      return fired;
    }
  }

  /// Asks a model: its answer is of no use to a job that is to end.
  ///
  /// @throws Dropped if the job is to come to rest, and the call was not begun, or was broken off
  <T> T model(Supplier<T> call) {
    requireNoRest();
    begin(Target.MODEL);
    try {
      return call.get();
    } catch (RuntimeException failed) {
      if (isHurried()) {
        throw new Dropped("its model was broken off");
      }
      throw failed;
    } finally {
      end();
    }
  }

  /// Goes no further once the job is to come to rest; only where it may be left as it is.
  ///
  /// @throws Dropped if so
  synchronized void requireNoRest() {
    if (resting) {
      throw new Dropped("the job is to come to rest");
    }
  }

  /// Has the job come to rest where it may be left as it is: a call that was begun is ended.
  synchronized void rest() {
    resting = true;
  }

  /// Has it come to rest at once: a call of a model is broken off; true if a tool is being called,
  /// which may finish, for what it did counts.
  synchronized boolean hurry() {
    resting = true;
    hurried = true;
    breakOffModels();
    return calling.containsValue(Target.TOOL);
  }

  private synchronized boolean isHurried() {
    return hurried;
  }

  /// Whether a tool is being called.
  synchronized boolean isAtTool() {
    return calling.containsValue(Target.TOOL);
  }

  private void breakOffModels() {
    calling.forEach(
        (thread, target) -> {
          if (target == Target.MODEL) {
            thread.interrupt();
          }
        });
  }

  /// Whether it is a tool or a model that asks.
  static boolean isCalling() {
    return CALLING.get();
  }

  private synchronized void begin(Target target) {
    requireOpen();
    CALLING.set(true);
    calling.put(Thread.currentThread(), target);
  }

  private synchronized void end() {
    CALLING.remove();
    calling.remove(Thread.currentThread());
    if (closed || hurried) {
      Thread.interrupted(); // one that came too late for the call is for nobody else
    }
  }

  /// Goes no further once no more calls are to be made.
  ///
  /// @throws Dropped if so
  synchronized void requireOpen() {
    if (closed) {
      throw new Dropped("the job is to end");
    }
  }

  /// Whether calls may be made.
  synchronized boolean isOpen() {
    return !closed;
  }

  /// Has no more calls made, and breaks off those that ask a model; true if a tool is being called,
  /// which may finish.
  synchronized boolean close() {
    closed = true;
    breakOffModels();
    return calling.containsValue(Target.TOOL);
  }

  /// Has no more calls made, and breaks off all there are.
  synchronized void breakOff() {
    closed = true;
    calling.keySet().forEach(Thread::interrupt);
  }
}
