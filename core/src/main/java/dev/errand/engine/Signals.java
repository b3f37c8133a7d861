package dev.errand.engine;

import dev.errand.job.JobId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Tells threads of this process that something changed: a hint to look again, never a fact in
/// itself.
///
/// Whoever looks reads the count first, then looks, then waits for a count above it: a change
/// between the look and the wait is not missed.
final class Signals {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition change = lock.newCondition();
  private final Condition due = lock.newCondition();
  private final Condition end = lock.newCondition();

  /// Jobs whose ends are waited for, each as often as it is.
  private final Map<JobId, Integer> awaited = new HashMap<>();

  private long count;
  private long ends;

  long count() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }

  /// Some job may have fallen due, or will at an earlier moment.
  void fellDue() {
    lock.lock();
    try {
      count++;
      due.signalAll();
      change.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// No job is being advanced here any more.
  void rested() {
    lock.lock();
    try {
      due.signalAll();
      change.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Something else worth a look changed; no job fell due.
  void changed() {
    lock.lock();
    try {
      change.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits until a job may have fallen due after `seen`, or none is being advanced any more, at
  /// most `atMost`; false if the time came first.
  @SuppressWarnings("WaitNotInLoop") // a wake-up without cause costs a look, no more
  boolean awaitDue(long seen, Duration atMost) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      return count != seen || due.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } finally {
      lock.unlock();
    }
  }

  /// Waits until something changes, at most `atMost`.
  @SuppressWarnings("WaitNotInLoop") // a wake-up without cause costs a look, no more
  void awaitChange(Duration atMost) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      change.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } finally {
      lock.unlock();
    }
  }

  /// A job may have ended; who waits for another one is left alone.
  void ended(JobId job) {
    lock.lock();
    try {
      if (awaited.containsKey(job)) {
        ends++;
        end.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /// Any job may have ended.
  void someEnded() {
    lock.lock();
    try {
      ends++;
      end.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Notes that the end of a job is waited for, until what is returned is closed.
  Ending awaiting(JobId job) {
    lock.lock();
    try {
      awaited.merge(job, 1, Integer::sum);
    } finally {
      lock.unlock();
    }
    return new Ending(job);
  }

  /// The end of one job.
  final class Ending implements AutoCloseable {
    private final JobId job;

    private Ending(JobId job) {
      this.job = job;
    }

    /// To be read before the look whether the job has ended.
    long count() {
      lock.lock();
      try {
        return ends;
      } finally {
        lock.unlock();
      }
    }

    /// Waits until the job may have ended after `seen`, at most `atMost`.
    @SuppressWarnings("WaitNotInLoop") // a wake-up without cause costs a look, no more
    void await(long seen, Duration atMost) throws InterruptedException {
      lock.lockInterruptibly();
      try {
        if (ends == seen) {
          end.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        awaited.computeIfPresent(job, (id, times) -> times == 1 ? null : times - 1);
      } finally {
        lock.unlock();
      }
    }
  }
}
