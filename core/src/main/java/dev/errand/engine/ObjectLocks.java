package dev.errand.engine;

import dev.errand.job.JobId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/*
 * Who may use a contended durable object, so that jobs take turns instead of repeating their statements.
 *
 * Only a help: what keeps a change from being lost is the version in the store, which other processes check too. So who
 * would close a circle of jobs that wait for one another goes on without, and so does who waited long. An object is
 * contended once a change of it was refused in this process; others cost nothing here.
 *
 * A job holds locks between two questions of its code at most, and waits for one at a time. Whoever waits longest is next:
 * the lock is handed over, so that only one thread wakes.
 */
final class ObjectLocks {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final ReentrantLock guard = new ReentrantLock();
  private final Map<String, Turns> contended = new HashMap<>();
  private final Map<JobId, Set<Turns>> held = new HashMap<>();
  private final Map<JobId, Turns> waiting = new HashMap<>();

  /// The turns at one object.
  private static final class Turns {
    private final Deque<Waiter> queue = new ArrayDeque<>();
    private @Nullable JobId holder;
  }

  private record Waiter(JobId job, Condition turn) {}

  /// From now on this object's users take turns.
  void contended(String object) {
    guard.lock();
    try {
      contended.computeIfAbsent(object, ignored -> new Turns());
    } finally {
      guard.unlock();
    }
  }

  /// Waits for the object, unless that could last forever; nothing happens if it is not contended.
  void take(JobId job, String object) throws InterruptedException {
    guard.lock();
    try {
      var turns = contended.get(object);
      if (turns == null) {
        return;
      }
      if (turns.holder == null) {
        give(turns, job);
      } else if (!waitsFor(turns.holder, job)) {
        await(turns, job);
      }
    } finally {
      guard.unlock();
    }
  }

  private void await(Turns turns, JobId job) throws InterruptedException {
    var waiter = new Waiter(job, guard.newCondition());
    turns.queue.addLast(waiter);
    waiting.put(job, turns);
    try {
      long left = PATIENCE.toNanos();
      while (!job.equals(turns.holder) && left > 0) {
        left = waiter.turn().awaitNanos(left);
      }
    } finally {
      waiting.remove(job);
      turns.queue.remove(waiter);
    }
  }

  private void give(Turns turns, JobId job) {
    waiting.remove(job); // from now on, not when its thread wakes: nobody waits for what it holds
    turns.holder = job;
    held.computeIfAbsent(job, ignored -> new HashSet<>()).add(turns);
  }

  /// Whether `other` is `job`, or waits, by way of others, for what `job` holds.
  private boolean waitsFor(JobId other, JobId job) {
    @Nullable JobId next = other;
    while (next != null && !next.equals(job)) {
      var turns = waiting.get(next);
      next = turns == null ? null : turns.holder;
    }
    return next != null;
  }

  /// Gives back all that the job holds.
  void release(JobId job) {
    guard.lock();
    try {
      var mine = held.remove(job);
      if (mine != null) {
        mine.forEach(this::handOver);
      }
    } finally {
      guard.unlock();
    }
  }

  private void handOver(Turns turns) {
    turns.holder = null;
    var next = turns.queue.pollFirst();
    if (next != null) {
      give(turns, next.job());
      next.turn().signal();
    }
  }
}
