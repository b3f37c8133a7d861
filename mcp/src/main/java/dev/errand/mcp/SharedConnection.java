package dev.errand.mcp;

import dev.errand.job.JobId;
import dev.errand.job.ToolSourceException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/*
 * The one connection that all jobs of this process have to a server.
 *
 *   none ──first use──▶ opening ──▶ open ──last user left, and the linger is over──▶ none
 *                          │          │
 *                          └─failed───┴─broke off──▶ none, and failures + 1
 *
 * It is in use while a job is its user or a call is under way; `uses` counts what happens, so that a linger that was begun
 * before another use does not close what is used. Opening and closing happen outside the lock, on threads of their own or
 * of whoever left last: who waits for the opening may be interrupted without harm to others.
 *
 * A server that fails again and again without having answered a call is left alone for a while that doubles each time: a
 * call in that time fails at once. After the first failure there is no such time.
 */
/// A connection by reference count; any thread may use it.
final class SharedConnection {
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private final String server;
  private final Opening opening;
  private final Duration linger;
  private final LongSupplier nanoTime;
  private final Set<JobId> users = new HashSet<>();
  private @Nullable CompletableFuture<Connection> current;
  private int underWay;
  private long uses;
  private boolean closed;
  private int failures;
  private long notBefore;
  private String lastFailure = "";

  /// Opens a connection.
  @FunctionalInterface
  interface Opening {
    /// Opens it.
    ///
    /// @param broken told when it has broken off
    /// @throws ToolSourceException if that fails
    Connection open(Consumer<Connection> broken) throws InterruptedException;
  }

  /// What is done with a connection.
  @FunctionalInterface
  interface Use<T> {
    /// Does it.
    T with(Connection connection) throws Exception;
  }

  SharedConnection(String server, Opening opening, Duration linger, LongSupplier nanoTime) {
    this.server = server;
    this.opening = opening;
    this.linger = linger;
    this.nanoTime = nanoTime;
  }

  /// Uses the connection, and opens it if there is none.
  ///
  /// @param job which becomes a user; null for nobody
  /// @throws ToolSourceException if it cannot be opened, or the server was given up for a while
  <T> T use(@Nullable JobId job, Use<T> use) throws Exception {
    var connection = enter(job);
    try {
      var result = use.with(opened(connection));
      answered();
      return result;
    } finally {
      exit();
    }
  }

  private static Connection opened(CompletableFuture<Connection> opening)
      throws InterruptedException {
    try {
      return opening.get();
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof ToolSourceException known) {
        throw new ToolSourceException(
            Objects.requireNonNullElse(known.getMessage(), "The server cannot be used"), known);
      }
      throw new IllegalStateException("A server could not be opened", failed.getCause());
    }
  }

  private synchronized CompletableFuture<Connection> enter(@Nullable JobId job) {
    if (closed) {
      throw new ToolSourceException(
          "MCP server " + server + " was closed with this program's use of it");
    }
    var there = current;
    if (there == null) {
      requireNotGivenUp();
      there = new CompletableFuture<>();
      current = there;
      var made = there;
      Thread.ofVirtual().name("errand-mcp-open-" + server).start(() -> open(made));
    }
    underWay++;
    uses++;
    if (job != null) {
      users.add(job);
    }
    return there;
  }

  private void requireNotGivenUp() {
    long left = notBefore - nanoTime.getAsLong();
    if (failures > 1 && left > 0) {
      throw new ToolSourceException(
          "MCP server %s failed %d times in a row and is left alone for %d s more. %s"
              .formatted(server, failures, TimeUnit.NANOSECONDS.toSeconds(left) + 1, lastFailure));
    }
  }

  @SuppressWarnings({"IllegalCatch", "ReferenceEquality"}) // this opening, and no later one
  private void open(CompletableFuture<Connection> made) {
    try {
      made.complete(opening.open(this::broke));
    } catch (Exception | Error failed) {
      synchronized (this) {
        failed(failed);
        if (current == made) {
          current = null;
        }
      }
      made.completeExceptionally(failed);
      return;
    }
    if (!made.join().isAlive()) {
      broke(made.join());
    }
  }

  /// A connection has broken off, or was closed; only the one in use counts.
  private void broke(Connection connection) {
    synchronized (this) {
      var there = current;
      if (there == null || !there.isDone() || !connection.equals(there.getNow(null))) {
        return;
      }
      current = null;
      failed(new IllegalStateException("It broke off."));
    }
    Thread.ofVirtual().name("errand-mcp-close-" + server).start(connection::close);
  }

  /// Called with the lock.
  private void failed(Throwable why) {
    failures++;
    lastFailure = Objects.requireNonNullElse(why.getMessage(), why.toString());
    var pause = FIRST_PAUSE.multipliedBy(1L << Math.min(Math.max(failures - 2, 0), 6));
    var held = pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    notBefore = nanoTime.getAsLong() + held.toNanos();
  }

  private synchronized void answered() {
    failures = 0;
  }

  private void exit() {
    synchronized (this) {
      underWay--;
    }
    closeIfUnused();
  }

  /// That job is no user any more.
  void left(JobId job) {
    boolean was;
    synchronized (this) {
      was = users.remove(job);
    }
    if (was) {
      closeIfUnused();
    }
  }

  private void closeIfUnused() {
    long seen;
    synchronized (this) {
      if (isInUse()) {
        return;
      }
      seen = uses;
    }
    if (linger.isZero()) {
      closeIfUnused(seen);
    } else {
      CompletableFuture.delayedExecutor(
              linger.toMillis(),
              TimeUnit.MILLISECONDS,
              work -> Thread.ofVirtual().name("errand-mcp-linger-" + server).start(work))
          .execute(() -> closeIfUnused(seen));
    }
  }

  private boolean isInUse() {
    return !users.isEmpty() || underWay > 0;
  }

  private void closeIfUnused(long seen) {
    CompletableFuture<Connection> unused;
    synchronized (this) {
      if (isInUse() || uses != seen) {
        return;
      }
      unused = current;
      current = null;
    }
    close(unused);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // closing does not fail, and nobody waits for it
  private static void close(@Nullable CompletableFuture<Connection> unused) {
    if (unused != null) {
      unused.thenAccept(Connection::close);
    }
  }

  /// The connection there is now; empty if there is none.
  synchronized Optional<Connection> now() {
    return Optional.ofNullable(current)
        .filter(there -> there.isDone() && !there.isCompletedExceptionally())
        .map(CompletableFuture::join);
  }

  /// How many calls are under way.
  synchronized int underWay() {
    return underWay;
  }

  /// Closes it for good.
  void close() {
    CompletableFuture<Connection> last;
    synchronized (this) {
      closed = true;
      last = current;
      current = null;
      users.clear();
    }
    close(last);
  }
}
