package dev.errand.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Learns that the process is told to end, by SIGTERM or Ctrl-C, and lets it take its time.
///
/// What is told to end twice ends at once. Unlike by an [Interruption] nothing is ended yet
/// meanwhile: what the hooks of the JVM end, such as commands and servers that tools use, is still
/// there for the tools that are being called. Where the JVM lets no program heed signals, it is
/// such a hook that waits.
final class Termination implements AutoCloseable {
  private final CompletableFuture<Cause> told = new CompletableFuture<>();
  private final CompletableFuture<Boolean> over = new CompletableFuture<>();
  private final List<AutoCloseable> heeding = new ArrayList<>();

  /// What told the process to end.
  enum Cause {
    /// A plain `kill`, or a manager of services.
    TERM(15),
    /// Ctrl-C.
    INT(2);

    private final int number;

    Cause(int number) {
      this.number = number;
    }

    /// The exit status of a process that it ended.
    int exitCode() {
      return 128 + number;
    }
  }

  private Termination() {}

  /// Heeds signals until it is closed.
  static Termination heeded() {
    var termination = new Termination();
    for (var cause : Cause.values()) {
      termination.heed(cause);
    }
    return termination;
  }

  private void heed(Cause cause) {
    try {
      heeding.add(Signal.named(cause.name()).handledBy(() -> tell(cause)));
    } catch (ReflectiveOperationException | RuntimeException notHere) {
      var hook = Interruption.calls(() -> waitForTheEnd(cause));
      heeding.add(hook);
    }
  }

  private void tell(Cause cause) {
    if (!told.complete(cause)) {
      Runtime.getRuntime().exit(cause.exitCode());
    }
  }

  private void waitForTheEnd(Cause cause) {
    boolean first = told.complete(cause);
    if (first) {
      boolean ignored = over.join();
    }
  }

  /// Waits until the process was told to end, at most so long; empty if it was not.
  Optional<Cause> await(Duration atMost) throws InterruptedException {
    try {
      return Optional.of(told.get(atMost.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException notYet) {
      return Optional.empty();
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  @SuppressWarnings("IllegalCatch") // as before or not, the process goes on
  public void close() {
    over.complete(true);
    for (var one : heeding) {
      try {
        one.close();
      } catch (Exception gone) {
        // It stays as it is until the process ends.
      }
    }
  }

  /// A signal of the system, by the class of the JDK for them: every JVM has it, and no compiler
  /// likes it to be named.
  private record Signal(Class<?> type, Class<?> handlers, Object signal) {
    static Signal named(String name) throws ReflectiveOperationException {
      var type = Class.forName("sun.misc.Signal");
      var handlers = Class.forName("sun.misc.SignalHandler");
      return new Signal(type, handlers, type.getConstructor(String.class).newInstance(name));
    }

    /// Has it handled so, until what is returned is closed.
    AutoCloseable handledBy(Runnable action) throws ReflectiveOperationException {
      var handler =
          Proxy.newProxyInstance(
              Termination.class.getClassLoader(),
              new Class<?>[] {handlers},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "handle" -> {
                      action.run();
                      yield null;
                    }
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> "Termination";
                  });
      var before = handle(handler);
      return () -> handle(before);
    }

    private Object handle(Object handler) throws ReflectiveOperationException {
      try {
        return type.getMethod("handle", type, handlers).invoke(null, signal, handler);
      } catch (InvocationTargetException taken) {
        throw new ReflectiveOperationException(taken.getCause());
      }
    }
  }
}
