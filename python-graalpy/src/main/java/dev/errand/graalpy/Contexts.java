package dev.errand.graalpy;

import dev.errand.job.WorkspaceException;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The contexts of one runtime: those in use, which are no more than a bound, and one that is made ahead of need.
 *
 * Where all are in use, the one that has rested longest is given up for who needs one. It may belong to a parent that
 * waits for the very job that comes: so nobody may wait for it to be closed by its owner. One that is ended counts as in
 * use until its thread is gone. One that rested when it was ended leaves by itself, which may take a moment: while as
 * many leave as wait, no other is given up. One whose thread is not gone in time is abandoned: it does not count any
 * more, the thread stays behind.
 *
 * All fields are guarded by this. No context is waited for while that lock is held.
 */
final class Contexts implements PythonContext.Watcher, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Contexts.class);
  private static final Duration START = Duration.ofMinutes(2);

  /// How long a context that was ended may take to leave by itself.
  private static final Duration LEAVE = Duration.ofMillis(20);

  private final Embedding embedding;
  private final ScheduledExecutorService timer;
  private final int most;
  private final Duration rest;
  private final Duration patience;
  private final Set<PythonContext> inUse = new LinkedHashSet<>();
  private final Set<PythonContext> leaving = new HashSet<>();
  private int waiting;
  private @Nullable PythonContext spare;
  private int abandoned;
  private boolean closed;

  /// @param most how many are in use at a time
  /// @param rest how long one must have rested to be given up for another
  /// @param patience how long one that was ended may take to be gone
  Contexts(
      Embedding embedding,
      ScheduledExecutorService timer,
      int most,
      Duration rest,
      Duration patience) {
    this.embedding = embedding;
    this.timer = timer;
    this.most = most;
    this.rest = rest;
    this.patience = patience;
  }

  /// A context to use.
  ///
  /// @throws WorkspaceException if there is none
  PythonContext take() {
    var context = admit();
    try {
      context.awaitReady(START);
      return context;
    } catch (WorkspaceException broken) {
      context.end();
      throw broken;
    }
  }

  /// How many could not be stopped so far.
  synchronized int abandoned() {
    return abandoned;
  }

  /// How many in use rest, and are not about to leave.
  synchronized int resting() {
    return (int) atRest().count();
  }

  private synchronized PythonContext admit() {
    try {
      awaitRoom();
      if (closed) {
        throw new WorkspaceException("The GraalPy runtime is closed.");
      }
      var context = spare == null ? PythonContext.start(embedding, this) : spare;
      inUse.add(context);
      spare = PythonContext.start(embedding, this);
      return context;
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new WorkspaceException("Interrupted while waiting for a context.", interrupt);
    } catch (IOException problem) {
      throw new WorkspaceException(
          "GraalPy could not be started: " + problem.getMessage() + ".", problem);
    }
  }

  private synchronized void awaitRoom() throws InterruptedException {
    waiting++;
    try {
      while (!closed && inUse.size() >= most) {
        if (leaving.size() < waiting) {
          longestResting().ifPresent(rested -> rested.giveUp("Its context was needed elsewhere."));
        }
        wait(rest.toMillis());
      }
    } finally {
      waiting--;
    }
  }

  private Optional<PythonContext> longestResting() {
    long enough = System.nanoTime() - rest.toNanos();
    return atRest()
        .filter(context -> context.restingSince().filter(since -> since - enough < 0).isPresent())
        .min(Comparator.comparing(context -> context.restingSince().orElse(Long.MAX_VALUE)));
  }

  private Stream<PythonContext> atRest() {
    return inUse.stream()
        .filter(context -> !leaving.contains(context) && context.restingSince().isPresent());
  }

  @Override
  public void ended(PythonContext context) {
    synchronized (this) {
      if (context.restingSince().isPresent() && inUse.contains(context)) {
        leaving.add(context);
      }
    }
    after(LEAVE, () -> stop(context));
    after(patience, () -> abandon(context));
  }

  private void after(Duration time, Runnable action) {
    try {
      var unused = timer.schedule(action, time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closing) {
      // Then all are stopped.
    }
  }

  private static void stop(PythonContext context) {
    if (context.alive()) {
      Thread.ofPlatform().daemon().name("errand-graalpy-stop").start(context::stop);
    }
  }

  private synchronized void abandon(PythonContext context) {
    if (context.alive() && remove(context)) {
      abandoned++;
      LOG.warn(
          "A Python context did not stop within {} ms and is left behind, with a thread that may"
              + " stay busy; {} so far. Restart the application when there are too many.",
          patience.toMillis(),
          abandoned);
    }
  }

  @Override
  public void gone(PythonContext context) {
    remove(context);
    Embedding.delete(context.folder());
  }

  private synchronized boolean remove(PythonContext context) {
    leaving.remove(context);
    notifyAll();
    return inUse.remove(context);
  }

  @Override
  public void close() {
    Set<PythonContext> left;
    synchronized (this) {
      closed = true;
      notifyAll();
      left = new LinkedHashSet<>(inUse);
      if (spare != null) {
        left.add(spare);
      }
    }
    left.forEach(PythonContext::end);
    left.forEach(Contexts::stop);
    embedding.close(allGone(left) && abandoned() == 0);
  }

  private boolean allGone(Set<PythonContext> left) {
    try {
      long until = System.nanoTime() + patience.toNanos();
      for (var context : left) {
        var time = Duration.ofNanos(Math.max(1, until - System.nanoTime()));
        if (!context.awaitGone(time)) {
          return false;
        }
      }
      return true;
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
