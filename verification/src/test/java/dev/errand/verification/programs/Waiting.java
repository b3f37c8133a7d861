package dev.errand.verification.programs;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.verification.programs.KilledWorkspaces.Moment;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/// What becomes of the process of a job that waits.
public enum Waiting {
  /// It stays where it is.
  KEPT,
  /// The worker gives it up.
  DROPPED,
  /// It is killed, at each of its first waits.
  KILLED;

  /// The engine tells a job that its workspace dies when that happens three times in a row.
  private static final int MOST_KILLS = 2;

  /// How many waiting jobs the worker is to keep warm.
  public int warmJobs() {
    return this == DROPPED ? 0 : 64;
  }

  /// Workspaces of that runtime, which stays open.
  public WorkspaceRuntime over(WorkspaceRuntime runtime) {
    var waits = new ConcurrentHashMap<Object, Integer>();
    return new KilledWorkspaces(
        runtime,
        (job, asked) ->
            this == KILLED
                    && asked.equals("await")
                    && waits.merge(job, 1, Integer::sum) <= MOST_KILLS
                ? List.of(Moment.BEFORE)
                : List.of());
  }
}
