package dev.errand.testkit;

import dev.errand.job.StoreException;
import dev.errand.spi.Store;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Wraps a store so that the process dies, or seems to, at a chosen write.
///
/// Writes are counted from 1: submissions, claims, commits and cards, in the order in which they
/// begin. The crash comes just before the chosen write is made, or just after it was made or
/// refused and before its caller hears of it.
///
/// Thread-safe. With [#halting] the process ends there, as by `kill -9`; with [#failing] every call
/// from then on fails, as it would for a process that is gone, and another engine over the same
/// store can take over; or, once it is mended ([#mend]), the same.
public final class CrashInjector {
  private static final Set<String> WRITES = Set.of("submit", "stop", "claim", "commit", "remember");

  private final Store store;
  private final long crashAt;
  private final boolean after;
  private final Runnable crash;
  private final AtomicLong writes = new AtomicLong();
  private volatile boolean crashed;
  private int underWay;

  private CrashInjector(Store store, long crashAt, boolean after, Runnable crash) {
    this.store = store;
    this.crashAt = crashAt;
    this.after = after;
    this.crash = crash;
  }

  /// Ends the process at write `crashAt`; never, if that is 0.
  public static CrashInjector halting(Store store, long crashAt, boolean after) {
    return new CrashInjector(store, crashAt, after, () -> Runtime.getRuntime().halt(137));
  }

  /// Makes every call fail from write `crashAt` on; never, if that is 0. Closing the wrapped store
  /// leaves the store itself open.
  public static CrashInjector failing(Store store, long crashAt, boolean after) {
    return new CrashInjector(store, crashAt, after, () -> {});
  }

  /// The store to give to the engine.
  public Store store() {
    return (Store)
        Proxy.newProxyInstance(
            Store.class.getClassLoader(), new Class<?>[] {Store.class}, this::invoke);
  }

  /// Lets calls succeed again, as once a store can be reached again that could not be for a while.
  /// No other crash comes.
  public void mend() {
    crashed = false;
  }

  /// How many writes were begun.
  public long writes() {
    return writes.get();
  }

  /// Whether the crash has come and was not mended.
  public boolean crashed() {
    return crashed;
  }

  /// Waits until no call that began before the crash is still at work in the store, as none is once
  /// a process is gone.
  public synchronized void awaitSilence() throws InterruptedException {
    while (underWay > 0) {
      wait();
    }
  }

  private @Nullable Object invoke(Object proxy, Method method, @Nullable Object[] arguments)
      throws Throwable {
    if (method.getName().equals("close")) {
      return null;
    }
    boolean chosen = WRITES.contains(method.getName()) && writes.incrementAndGet() == crashAt;
    if (chosen && !after) {
      throw crash();
    }
    enter();
    try {
      var result = method.invoke(store, arguments);
      if (chosen) {
        throw crash();
      }
      checkAlive();
      return result;
    } catch (InvocationTargetException refused) {
      if (chosen) {
        throw crash();
      }
      checkAlive();
      throw refused.getCause();
    } finally {
      leave();
    }
  }

  private synchronized void enter() {
    checkAlive();
    underWay++;
  }

  private synchronized void leave() {
    underWay--;
    notifyAll();
  }

  private StoreException crash() {
    crashed = true;
    crash.run();
    return gone();
  }

  private void checkAlive() {
    if (crashed) {
      throw gone();
    }
  }

  private static StoreException gone() {
    return new StoreException("This process was crashed by the test");
  }
}
