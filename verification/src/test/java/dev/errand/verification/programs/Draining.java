package dev.errand.verification.programs;

import static java.util.Objects.requireNonNull;

import dev.errand.Errand;
import dev.errand.job.JobId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A drain of a worker that is begun while jobs are at work, once.
public final class Draining {
  /// Longer than any test may take: nothing is ever stopped because time is short.
  private static final Duration LONG = Duration.ofDays(1);

  private final AtomicReference<@Nullable Errand> errand = new AtomicReference<>();
  private final CompletableFuture<List<JobId>> drained = new CompletableFuture<>();
  private volatile boolean begun;

  /// Says whose worker is to be drained; before its jobs are at work.
  public void of(Errand one) {
    errand.set(one);
  }

  /// Begins to drain; when this returns every job at work was asked to come to rest, or has.
  public void begin() {
    begun = true;
    var thread = Thread.ofPlatform().daemon().unstarted(this::drain);
    thread.start();
    while (thread.isAlive() && thread.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
  }

  private void drain() {
    try {
      drained.complete(requireNonNull(errand.get()).drain(LONG));
    } catch (InterruptedException | RuntimeException failed) {
      drained.completeExceptionally(failed);
    }
  }

  /// Whether it was begun.
  public boolean isBegun() {
    return begun;
  }

  /// Waits until it is over.
  ///
  /// @return the jobs that did not come to rest
  public List<JobId> await() {
    return drained.join();
  }
}
