package dev.errand.engine;

import dev.errand.agent.Program;
import dev.errand.job.CodeBlock;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.RefusedException;
import dev.errand.job.TaskError;
import dev.errand.job.Value;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One Java program at work.
final class JavaWorkspace implements Workspace {
  private final JobId job;
  private final Function<CodeBlock, Program> programs;
  private final Json.Object variables;
  private @Nullable Thread running;

  /// @param programs what is to be run for a block
  JavaWorkspace(JobId job, Function<CodeBlock, Program> programs, Json.Object variables) {
    this.job = job;
    this.programs = programs;
    this.variables = variables;
  }

  @Override
  @SuppressWarnings("IllegalCatch")
  public Ending run(Run run, Host host) {
    var scope = new ProgramScope(job, variables, host, run.printed());
    synchronized (this) {
      running = Thread.currentThread();
    }
    try {
      var value = Value.of(programs.apply(run.block()).run(scope));
      scope.requireNotDropped();
      return new Ending.Finished(scope.mark(), value);
    } catch (Exception | AssertionError | LinkageError | StackOverflowError raised) {
      scope.requireNotDropped();
      if (scope.broken() != null) {
        throw scope.broken();
      }
      return new Ending.Raised(scope.mark(), error(raised));
    } finally {
      synchronized (this) {
        running = null;
      }
    }
  }

  private static TaskError error(Throwable raised) {
    if (raised instanceof Supervisor.GivenUp givenUp) {
      return givenUp.error();
    }
    var name =
        raised instanceof RefusedException refused
            ? refused.type()
            : raised.getClass().getSimpleName();
    var message = name + ": " + raised.getMessage();
    return TaskError.of(TaskError.Kind.EXCEPTION, message, "");
  }

  @Override
  public synchronized void close() {
    if (running != null && !running.equals(Thread.currentThread())) {
      running.interrupt();
    }
  }
}
