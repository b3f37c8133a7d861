package dev.errand.benchmarks;

import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.DurableObject;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.Value;
import dev.errand.job.Wait;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A workspace without an engine and a store.
final class Alone {
  private Alone() {}

  static Workspace open(WorkspaceRuntime runtime, WorkspaceRuntime.@Nullable State state) {
    return runtime.open(
        new WorkspaceRuntime.Opening(
            new JobId("park"), "park", true, Limits.DEFAULT, List.of(), state));
  }

  static Host.Mark run(Workspace workspace, String code) {
    var run = new Workspace.Run(0, CodeBlock.python(code), 0, 0, 0, List.of());
    if (workspace.run(run, new Nobody()) instanceof Workspace.Ending.Finished finished) {
      return finished.mark();
    }
    throw new IllegalStateException("The statement did not finish");
  }

  /// A host of code that asks for nothing.
  private static final class Nobody implements Host {
    @Override
    public void note(Mark mark) {}

    @Override
    public Json.Object job() {
      return Json.object("id", "park").with("subtask", false);
    }

    @Override
    public Value call(Mark mark, int ordinal, int child, String tool, Json.Object arguments) {
      throw asked();
    }

    @Override
    public boolean tookNumber() {
      return false;
    }

    @Override
    public Child create(Mark mark, ChildRequest request) {
      throw asked();
    }

    @Override
    public Child attach(Mark mark, JobId child, Json subtaskId) {
      throw asked();
    }

    @Override
    public void complete(Mark mark, Completion completion) {
      throw asked();
    }

    @Override
    public void cancel(Mark mark, int ordinal, JobId job, String reason) {
      throw asked();
    }

    @Override
    public long tell(Mark mark, int ordinal, JobId job, String text, boolean revives) {
      throw asked();
    }

    @Override
    public void report(Mark mark, int ordinal, String text) {
      throw asked();
    }

    @Override
    public List<Child> await(Mark mark, int ordinal, Wait on) {
      throw asked();
    }

    @Override
    public Instant later(Mark mark, int ordinal, Duration delay) {
      throw asked();
    }

    @Override
    public List<Child> peek(Mark mark, int ordinal, List<JobId> handlers) {
      throw asked();
    }

    @Override
    public List<Child> children(Mark mark, int ordinal, @Nullable Json subtaskId) {
      throw asked();
    }

    @Override
    public List<String> replies(Mark mark, int ordinal, JobId job) {
      throw asked();
    }

    @Override
    public String newObject(Mark mark, int ordinal) {
      throw asked();
    }

    @Override
    public DurableObject object(Mark mark, int ordinal, String id) {
      throw asked();
    }

    @Override
    public void change(Mark mark, int ordinal, List<DurableObject> objects) {
      throw asked();
    }

    private static IllegalStateException asked() {
      return new IllegalStateException("The code was to ask for nothing");
    }
  }
}
