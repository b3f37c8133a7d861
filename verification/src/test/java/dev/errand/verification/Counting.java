package dev.errand.verification;

import dev.errand.spi.Claim;
import dev.errand.spi.Store;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A store that counts how often root jobs are handed out.
final class Counting {
  private final Store store;
  private final AtomicInteger wakeUps = new AtomicInteger();

  Counting(Store store) {
    this.store = store;
  }

  /// How often a root was claimed.
  int wakeUps() {
    return wakeUps.get();
  }

  Store store() {
    return (Store)
        Proxy.newProxyInstance(
            Store.class.getClassLoader(), new Class<?>[] {Store.class}, this::invoke);
  }

  private @Nullable Object invoke(Object proxy, Method method, @Nullable Object[] arguments)
      throws Throwable {
    try {
      var answer = method.invoke(store, arguments);
      if (method.getName().equals("claim") && answer instanceof List<?> claims) {
        claims.stream()
            .map(claim -> ((Claim) claim).job().id())
            .filter(id -> id.depth() == 0)
            .forEach(root -> wakeUps.incrementAndGet());
      }
      return answer;
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause();
    }
  }
}
