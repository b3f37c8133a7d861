package dev.errand.verification.programs;

import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.verification.programs.Disturbance.Kill;
import dev.errand.verification.programs.Disturbance.Moment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Workspaces of another runtime, whose processes are killed at chosen moments; that runtime stays
/// open.
final class KilledWorkspaces implements WorkspaceRuntime {
  private final WorkspaceRuntime runtime;
  private final List<Kill> kills;
  private final AtomicInteger asked = new AtomicInteger();

  KilledWorkspaces(WorkspaceRuntime runtime, List<Kill> kills) {
    this.runtime = runtime;
    this.kills = kills;
  }

  @Override
  public String name() {
    return runtime.name();
  }

  @Override
  public Workspace open(Opening opening) {
    var workspace = runtime.open(opening);
    return new Workspace() {
      @Override
      public Ending run(Run run, Host host) {
        return workspace.run(run, killing(workspace, host));
      }

      @Override
      public void close() {
        workspace.close();
      }
    };
  }

  private Host killing(Workspace workspace, Host host) {
    return (Host)
        Proxy.newProxyInstance(
            Host.class.getClassLoader(),
            new Class<?>[] {Host.class},
            (proxy, method, arguments) -> ask(workspace, host, method, arguments));
  }

  private @Nullable Object ask(
      Workspace workspace, Host host, Method method, @Nullable Object[] arguments)
      throws Throwable {
    var moments = moments(method);
    if (moments.contains(Moment.BEFORE)) {
      workspace.close();
    }
    try {
      return method.invoke(host, arguments);
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause();
    } finally {
      if (moments.contains(Moment.UNANSWERED)) {
        workspace.close();
      }
      if (moments.contains(Moment.ANSWERED)) {
        Thread.ofVirtual().start(workspace::close);
      }
    }
  }

  private List<Moment> moments(Method method) {
    if (method.getName().equals("job")) {
      return List.of();
    }
    int number = asked.incrementAndGet();
    return kills.stream().filter(kill -> kill.at() == number).map(Kill::moment).toList();
  }

  @Override
  public void close() {}
}
