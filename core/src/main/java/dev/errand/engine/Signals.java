package dev.errand.engine;

import java.time.Duration;
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
  private long count;

  long count() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }

  /// A step was committed; some job may have fallen due.
  void committed() {
    lock.lock();
    try {
      count++;
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

  /// Waits until something changed after `seen`, at most `atMost`.
  @SuppressWarnings("WaitNotInLoop") // a wake-up without cause costs a look, no more
  void await(long seen, Duration atMost) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (count == seen) {
        change.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
      }
    } finally {
      lock.unlock();
    }
  }
}
