package dev.errand.verification.programs;

import dev.errand.job.JobId;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Workspaces of another runtime, whose processes are killed by plan; that runtime stays open.
final class KilledWorkspaces implements WorkspaceRuntime {
  private final WorkspaceRuntime runtime;
  private final Plan plan;

  /// When a process is killed: before what its code asked for is done, afterwards but before it is
  /// answered, or while the code goes on with the answer.
  enum Moment {
    BEFORE,
    UNANSWERED,
    ANSWERED
  }

  /// Decides when to kill, each time that code asks for something; called by many threads.
  @FunctionalInterface
  interface Plan {
    /// The moments at which to kill the job's process; `asked` is the method of [Host].
    List<Moment> moments(JobId job, String asked);
  }

  KilledWorkspaces(WorkspaceRuntime runtime, Plan plan) {
    this.runtime = runtime;
    this.plan = plan;
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
        return workspace.run(run, killing(opening.job(), workspace, host));
      }

      @Override
      public void close() {
        workspace.close();
      }
    };
  }

  private Host killing(JobId job, Workspace workspace, Host host) {
    return (Host)
        Proxy.newProxyInstance(
            Host.class.getClassLoader(),
            new Class<?>[] {Host.class},
            (proxy, method, arguments) ->
                method.getName().equals("job")
                    ? host.job()
                    : ask(plan.moments(job, method.getName()), workspace, host, method, arguments));
  }

  private static @Nullable Object ask(
      List<Moment> moments,
      Workspace workspace,
      Host host,
      Method method,
      @Nullable Object[] arguments)
      throws Throwable {
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

  @Override
  public void close() {}
}
