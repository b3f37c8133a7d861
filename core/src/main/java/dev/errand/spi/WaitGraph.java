package dev.errand.spi;

import dev.errand.job.JobId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/// Who waits for whom, and whether such waits can end, so that every store judges alike.
///
/// A job that does not wait may end. One that waits may if as many of those it waits for may end as
/// it needs. So whoever may end is found from those that do not wait, step by step; the others wait
/// for each other.
public final class WaitGraph {
  private WaitGraph() {}

  /// What a job waits for, with no moment at which it goes on in any case.
  ///
  /// @param needed how many of them must still end
  /// @param open the jobs whose handlers have not ended
  public record Waiting(int needed, List<JobId> open) {
    public Waiting {
      open = List.copyOf(open);
    }
  }

  /// The jobs that would wait for each other if `waiter` waited, from it on, the last of them being
  /// one of those before it; empty if the wait can end.
  ///
  /// @param waits what other jobs wait for; empty for one that does not wait, or not for long
  public static List<JobId> cycle(
      JobId waiter, Waiting wait, Function<JobId, Optional<Waiting>> waits) {
    var waiting = new LinkedHashMap<JobId, Waiting>();
    var looked = new LinkedHashSet<JobId>();
    var next = new ArrayList<>(wait.open());
    waiting.put(waiter, wait);
    looked.add(waiter);
    while (!next.isEmpty()) {
      var id = next.removeLast();
      if (looked.add(id)) {
        waits
            .apply(id)
            .ifPresent(
                found -> {
                  waiting.put(id, found);
                  next.addAll(found.open());
                });
      }
    }
    while (waiting.values().removeIf(one -> mayEnd(one, waiting))) {
      // Those that wait for one that was removed may be removed next.
    }
    return waiting.containsKey(waiter) ? path(waiter, waiting) : List.of();
  }

  private static boolean mayEnd(Waiting wait, Map<JobId, Waiting> stuck) {
    return wait.open().stream().filter(id -> !stuck.containsKey(id)).count() >= wait.needed();
  }

  private static List<JobId> path(JobId from, Map<JobId, Waiting> stuck) {
    var path = new ArrayList<JobId>();
    var id = from;
    while (!path.contains(id)) {
      path.add(id);
      id =
          Objects.requireNonNull(stuck.get(id)).open().stream()
              .filter(stuck::containsKey)
              .sorted()
              .findFirst()
              .orElseThrow();
    }
    path.add(id);
    return path;
  }
}
