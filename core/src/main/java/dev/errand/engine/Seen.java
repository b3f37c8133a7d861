package dev.errand.engine;

import dev.errand.job.Completion;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.SubTaskState;
import dev.errand.spi.Host;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The children of a job in the form in which code sees them.
final class Seen {
  private Seen() {}

  static Host.Child seen(JobRecord child) {
    var subtask = child.subtask();
    return subtask == null
        ? new Host.Child(child.id(), child.origin().agent(), null, begun(child), null)
        : new Host.Child(
            child.id(),
            child.origin().agent(),
            subtask.id(),
            subtask.state(child.status()),
            subtask.completion());
  }

  private static SubTaskState begun(JobRecord child) {
    return switch (child.status()) {
      case READY -> SubTaskState.WAITING;
      case WARMING_UP, STARTED, SUSPENDED, DONE -> SubTaskState.STARTED;
    };
  }

  /// The child as it was when it was created.
  static Host.Child born(JobRecord child) {
    var subtask = child.subtask();
    return born(child.id(), child.origin().agent(), subtask == null ? null : subtask.id());
  }

  /// A child created a moment ago.
  static Host.Child born(JobId id, String agent, @Nullable Json subtaskId) {
    return new Host.Child(id, agent, subtaskId, SubTaskState.WAITING, null);
  }

  /// What is recorded of a look at children: enough to see the same again, results left where they
  /// are.
  static Json record(List<Host.Child> children) {
    return new Json.Array(
        children.stream()
            .<Json>map(
                child -> Json.object("job", child.job().text()).with("state", child.state().name()))
            .toList());
  }

  /// The child as it was when `recorded`; `now` is what it is by now.
  static Host.Child asRecorded(Json.Object recorded, Host.Child now) {
    var state = SubTaskState.valueOf(recorded.text("state").orElseThrow());
    boolean ended = state == SubTaskState.COMPLETED || state == SubTaskState.ERROR;
    Completion completion = ended ? now.completion() : null;
    return new Host.Child(now.job(), now.agent(), now.subtaskId(), state, completion);
  }
}
