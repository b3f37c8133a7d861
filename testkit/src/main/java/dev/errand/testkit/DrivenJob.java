package dev.errand.testkit;

import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.Outcome;
import dev.errand.job.TaskError;
import dev.errand.job.Value;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.spi.WorkspaceRuntime.ToolSignature;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A job whose workspace is driven as an engine drives it, with a [RecordingHost] in the store's
/// place: blocks are carried out, children are carried out when the job waits for them, and what
/// was given up or died is opened again at the last checkpoint.
final class DrivenJob implements AutoCloseable {
  /// What becomes of the process of a job that waits.
  enum Wait {
    KEPT,
    DROPPED,
    KILLED
  }

  private static final int MOST_ATTEMPTS = 10_000;

  private WorkspaceRuntime runtime;
  private final JobId id;
  private final RecordingHost host;
  private final List<ToolSignature> tools = new ArrayList<>();
  private boolean restricted = true;
  private List<String> imports = List.of();
  private Limits limits = Limits.DEFAULT;
  private Wait wait = Wait.KEPT;
  private int opened;
  private @Nullable Workspace workspace;

  DrivenJob(WorkspaceRuntime runtime, JobId id) {
    this.runtime = runtime;
    this.id = id;
    this.host = new RecordingHost(id).whenWaiting(this::waiting);
  }

  JobId id() {
    return id;
  }

  RecordingHost host() {
    return host;
  }

  /// How often its workspace was opened.
  int opened() {
    return opened;
  }

  DrivenJob unrestricted() {
    restricted = false;
    return this;
  }

  /// Goes on in another runtime, where it was kept.
  DrivenJob in(WorkspaceRuntime other) {
    restart();
    runtime = other;
    return this;
  }

  /// Lets restricted code import these too.
  DrivenJob imports(String... modules) {
    imports = List.of(modules);
    return this;
  }

  DrivenJob limits(Limits limits) {
    this.limits = limits;
    return this;
  }

  DrivenJob waits(Wait wait) {
    this.wait = wait;
    return this;
  }

  DrivenJob tool(ToolSignature signature, Function<Json.Object, Value> tool) {
    tools.add(signature);
    host.tool(signature.name(), tool);
    return this;
  }

  /// Carries out a block of Python to its end.
  Workspace.Ending run(String source) {
    return run(CodeBlock.python(source));
  }

  Workspace.Ending run(CodeBlock block) {
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      try {
        var ending = once(block);
        if (!(ending instanceof Workspace.Ending.Died(var ignored, boolean mayRetry))
            || !mayRetry) {
          return ending;
        }
      } catch (RecordingHost.Suspended suspended) {
        carryOutChildren();
      } catch (Interruption interruption) {
        // As if the worker had died: the next attempt is another worker's.
      }
      restart();
    }
    throw new AssertionError("The block does not end");
  }

  /// What a test throws from the host to have the run given up and taken up again.
  static final class Interruption extends Error {
    private static final long serialVersionUID = 1L;
  }

  /// Carries out a block once, wherever it stands, without a second attempt.
  Workspace.Ending once(CodeBlock block) {
    var ending = workspace().run(host.again(block), host);
    switch (ending) {
      case Workspace.Ending.Finished(var mark, var ignored, var shown) -> host.over(mark);
      case Workspace.Ending.Raised(var mark, var ignored) -> host.over(mark);
      case Workspace.Ending.Exited(var mark, var ignored) -> {
        host.over(mark);
        restart();
      }
      case Workspace.Ending.Died ignored -> restart();
    }
    return ending;
  }

  /// The open workspace.
  Workspace workspace() {
    var current = workspace;
    if (current == null) {
      opened++;
      current =
          workspace =
              runtime.open(
                  new WorkspaceRuntime.Opening(
                      id, "main", restricted, limits, tools, imports, host.state()));
    }
    return current;
  }

  /// Gives the workspace up; the next block finds it as it was kept.
  void restart() {
    if (workspace != null) {
      workspace.close();
      workspace = null;
    }
  }

  private void waiting() {
    switch (wait) {
      case KEPT -> carryOutChildren();
      case DROPPED -> throw new RecordingHost.Suspended();
      case KILLED -> {
        workspace().close();
        carryOutChildren();
      }
    }
  }

  /// Carries out every child that has not ended.
  void carryOutChildren() {
    carryOutChildren(runtime);
  }

  /// Carries them out in that runtime.
  void carryOutChildren(WorkspaceRuntime where) {
    for (var child : host.childJobs()) {
      if (child.completion() == null) {
        carryOut(child, where);
      }
    }
  }

  private void carryOut(RecordingHost.ChildJob child, WorkspaceRuntime where) {
    try (var job = new DrivenJob(where, child.id()).waits(wait)) {
      job.host.asSubtask().startingFrom(child.request().workspace());
      job.restricted = restricted;
      job.imports = imports;
      job.tools.addAll(tools);
      job.host.toolsOf(host).objectsOf(host);
      child.end(job.outcome(child.request().blocks()));
    }
  }

  private Completion outcome(List<CodeBlock> blocks) {
    Value last = Value.none();
    for (var block : blocks) {
      switch (run(block)) {
        case Workspace.Ending.Finished(var ignored, var value, var shown) -> {
          last = value;
          if (block.kind() == CodeBlock.Kind.CALL) {
            return new Completion.Result(value);
          }
        }
        case Workspace.Ending.Exited(var ignored, var value) -> {
          return ended(value);
        }
        case Workspace.Ending.Raised(var ignored, var error) -> {
          return new Completion.Error(error);
        }
        case Workspace.Ending.Died(TaskError error, boolean ignored) -> {
          return new Completion.Error(error);
        }
      }
    }
    return ended(last);
  }

  private Completion ended(Value value) {
    var completion = host.completion();
    return completion == null ? Completion.ofUncompleted(new Outcome.Succeeded(value)) : completion;
  }

  @Override
  public void close() {
    restart();
  }
}
