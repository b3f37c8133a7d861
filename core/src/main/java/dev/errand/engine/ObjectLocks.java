package dev.errand.engine;

import dev.errand.job.JobId;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/*
 * Who may use a contended durable object, so that jobs take turns instead of repeating their statements.
 *
 * Only a help: what keeps a change from being lost is the version in the store, which other processes check too. So a
 * lock may be refused, and is: to who would close a circle of jobs that wait for one another, and to who waited
 * long. An object is contended once a change of it was refused in this process; others cost nothing here.
 *
 * A job holds locks between two questions of its code at most, and waits for one at a time.
 */
final class ObjectLocks {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Set<String> contended = new HashSet<>();
  private final Map<String, JobId> holders = new HashMap<>();
  private final Map<JobId, Set<String>> held = new HashMap<>();
  private final Map<JobId, String> waiting = new HashMap<>();

  /// From now on this object's users take turns.
  synchronized void contended(String object) {
    contended.add(object);
  }

  /// Waits for the object, unless that could last forever; nothing happens if it is not contended.
  synchronized void take(JobId job, String object) throws InterruptedException {
    if (!contended.contains(object)) {
      return;
    }
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      var holder = holders.putIfAbsent(object, job);
      if (holder == null) {
        held.computeIfAbsent(job, ignored -> new HashSet<>()).add(object);
        return;
      }
      long left = end - System.nanoTime();
      if (holder.equals(job) || left <= 0 || waitsFor(holder, job)) {
        return;
      }
      waiting.put(job, object);
      try {
        wait(Math.max(1, left / 1_000_000));
      } finally {
        waiting.remove(job);
      }
    }
  }

  /// Whether a job waits, by way of others, for what `job` holds.
  private boolean waitsFor(JobId other, JobId job) {
    @Nullable JobId next = other;
    while (next != null && !next.equals(job)) {
      next =
          waiting.containsKey(next) ? holders.get(Objects.requireNonNull(waiting.get(next))) : null;
    }
    return next != null;
  }

  /// Gives back all that the job holds.
  synchronized void release(JobId job) {
    var objects = held.remove(job);
    if (objects != null) {
      holders.keySet().removeAll(objects);
      notifyAll();
    }
  }
}
