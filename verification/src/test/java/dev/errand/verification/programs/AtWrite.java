package dev.errand.verification.programs;

import dev.errand.spi.Store;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/// A store at which something is done when it is written to for a given time.
///
/// Closing it leaves the store itself open.
public final class AtWrite {
  private static final Set<String> WRITES = Set.of("submit", "stop", "claim", "commit", "remember");

  private AtWrite() {}

  /// Does something just before the write of that number, from 1, or just after it was made or
  /// refused and before its caller hears of it, on the caller's thread.
  public static Store of(Store store, int number, boolean after, Runnable action) {
    var writes = new AtomicInteger();
    return (Store)
        Proxy.newProxyInstance(
            Store.class.getClassLoader(),
            new Class<?>[] {Store.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                return null;
              }
              boolean chosen =
                  WRITES.contains(method.getName()) && writes.incrementAndGet() == number;
              if (chosen && !after) {
                action.run();
              }
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException refused) {
                throw refused.getCause();
              } finally {
                if (chosen && after) {
                  action.run();
                }
              }
            });
  }
}
