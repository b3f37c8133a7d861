package dev.errand.jdbc;

import dev.errand.job.JobException;
import dev.errand.job.StoreException;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/* One transaction at a time. A caller that finds the writer at rest carries its unit out itself:
 * handing it over and back would cost more than the work. The others queue their units and wait; a
 * thread takes all that have gathered meanwhile, applies them in one transaction, syncs once, and
 * answers them all. So a lonely commit costs one sync, and many at a time share one.
 *
 * A unit that refuses itself (a lost lease, an id that is taken) leaves nothing: it has written
 * nothing yet, or it runs inside a savepoint. After an error that nobody foresaw the whole
 * transaction is taken back and each of its units is tried alone, so that only the guilty one
 * fails. Nobody is answered, not even with a refusal, before the commit: a refusal may rest on what
 * another unit of the same transaction wrote.
 *
 * Claims and renewals are committed without a sync when they are by themselves
 * (synchronous=NORMAL). In WAL mode this appends to the log as always, and every process sees it at
 * once; what may be missing after a power cut is a tail of the log, never a hole in it, and a later
 * commit with a sync syncs all that went before. So a step that was committed under a claim keeps
 * the claim too. A claim that is lost belonged to a worker that went down with the machine, and
 * under which no step was committed: nobody is left who holds its fence, the next claim may carry
 * the same number, and all that happens is that the job falls due sooner. Nor was any effect begun
 * under it, for an effect's intention is a committed step.
 *
 * `lock` guards `waiting` and `closed`. `turn` is held while a transaction is open, and guards the
 * session; the checkpointer takes it for the moment in which nobody may write. Whoever holds `turn`
 * may wait for `lock`; whoever holds `lock` only tries for `turn`. */
final class Writer implements AutoCloseable {
  private static final int MOST_UNITS = 1_000;

  private final Database database;
  private final InstantSource clock;
  private final Checkpointer checkpointer;
  private final ReentrantLock turn;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Thread thread;
  private List<Pending<?>> waiting = new ArrayList<>();
  private boolean closed;

  // Guarded by turn.
  private @Nullable Session session;
  private boolean synced = true;

  Writer(Database database, InstantSource clock, Checkpointer checkpointer) throws SQLException {
    this.database = database;
    this.clock = clock;
    this.checkpointer = checkpointer;
    this.turn = checkpointer.turn();
    this.session = database.writer();
    this.thread = Thread.ofPlatform().name("errand-store").daemon().unstarted(this::work);
  }

  void start() {
    thread.start();
  }

  /// Carries out a unit of work, and returns when it is committed.
  ///
  /// @throws JobException what the work threw to refuse itself, or `StoreException`; nothing was
  ///   changed then
  <T> T write(Work<T> work) {
    var pending = new Pending<>(work);
    if (beginOrQueue(pending)) {
      try {
        commitTogether(List.of(pending));
      } finally {
        turn.unlock();
      }
      answer(List.of(pending));
    }
    try {
      return pending.answer.join();
    } catch (CompletionException failed) {
      throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
    }
  }

  /// Takes the turn if nobody works and nobody waits; else queues the unit for the thread.
  private boolean beginOrQueue(Pending<?> pending) {
    lock.lock();
    try {
      if (closed) {
        throw new StoreException("The store is closed; open it again.");
      }
      if (waiting.isEmpty() && turn.tryLock()) {
        return true;
      }
      waiting.add(pending);
      if (waiting.size() == 1) {
        arrived.signal();
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /// How many units wait for the next transaction.
  int queued() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /// Waits until there is something to do; false when the writer is closed and everything is done.
  private boolean awaitWork() {
    lock.lock();
    try {
      while (waiting.isEmpty() && !closed) {
        arrived.awaitUninterruptibly();
      }
      return !waiting.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /// All that has gathered by the time it is our turn, up to a bound.
  private List<Pending<?>> take() {
    lock.lock();
    try {
      var taken = waiting;
      waiting = new ArrayList<>();
      if (taken.size() > MOST_UNITS) {
        waiting.addAll(taken.subList(MOST_UNITS, taken.size()));
        taken = taken.subList(0, MOST_UNITS);
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private void work() {
    while (awaitWork()) {
      List<Pending<?>> batch;
      turn.lock();
      try {
        batch = take();
        commitTogether(batch);
      } finally {
        turn.unlock();
      }
      answer(batch);
    }
  }

  private void answer(List<Pending<?>> batch) {
    batch.forEach(Pending::complete);
    checkpointer.committed(batch.size(), batch.stream().mapToLong(Pending::bytes).sum());
  }

  private void commitTogether(List<Pending<?>> batch) {
    try {
      commit(batch);
    } catch (CannotBegin locked) {
      batch.forEach(unit -> unit.fail(locked.reason));
    } catch (SQLException | RuntimeException | Error unforeseen) {
      if (batch.size() == 1) {
        batch.getFirst().fail(explained(unforeseen));
      } else {
        batch.forEach(unit -> commitTogether(List.of(unit)));
      }
    }
  }

  private void commit(List<Pending<?>> batch) throws SQLException, CannotBegin {
    var open = begin(batch);
    try {
      var transaction = new Transaction(open, clock);
      for (var unit : batch) {
        unit.apply(transaction);
      }
      open.commit();
    } catch (SQLException | RuntimeException | Error unforeseen) {
      rollback(open);
      throw unforeseen;
    }
  }

  private Session begin(List<Pending<?>> batch) throws CannotBegin {
    try {
      var open = session == null ? database.writer() : session;
      session = open;
      sync(open, !batch.stream().allMatch(unit -> unit.work.mayBeForgotten()));
      open.begin();
      return open;
    } catch (SQLException refused) {
      throw new CannotBegin(database.trouble(refused));
    }
  }

  /// Outside a transaction, because SQLite ignores it inside; not prepared, because SQLite does it
  /// while it prepares.
  private void sync(Session open, boolean wanted) throws SQLException {
    if (wanted != synced) {
      open.script(wanted ? "pragma synchronous = full" : "pragma synchronous = normal");
      synced = wanted;
    }
  }

  /// SQLite takes back a transaction by itself after some errors; a connection that is in doubt is
  /// given up, and the next transaction opens another.
  private void rollback(Session open) throws SQLException {
    try {
      open.rollback();
    } catch (SQLException doubtful) {
      session = null;
      synced = true;
      open.close();
    }
  }

  private RuntimeException explained(Throwable unforeseen) {
    return switch (unforeseen) {
      case SQLException sql -> database.trouble(sql);
      case RuntimeException misuse -> misuse;
      default ->
          new StoreException(
              "The store failed at something it should not: " + unforeseen, unforeseen);
    };
  }

  /// Carries out what was queued before, then ends.
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      arrived.signal();
    } finally {
      lock.unlock();
    }
    Threads.join(thread);
    try {
      if (session != null) {
        session.close();
      }
    } catch (SQLException failed) {
      throw database.trouble(failed);
    }
  }

  /// A unit of work and whoever waits for it.
  private static final class Pending<T> {
    private final Work<T> work;
    private final CompletableFuture<T> answer = new CompletableFuture<>();
    private @Nullable T result;
    private @Nullable RuntimeException failure;

    Pending(Work<T> work) {
      this.work = work;
    }

    long bytes() {
      return work.bytes();
    }

    void apply(Transaction transaction) throws SQLException {
      transaction.beginUnit();
      result = null;
      failure = null;
      if (!work.mayRefuseLate()) {
        attempt(transaction);
        return;
      }
      transaction.markRefusable();
      attempt(transaction);
      if (failure == null) {
        transaction.keep();
      } else {
        transaction.undo();
      }
    }

    private void attempt(Transaction transaction) throws SQLException {
      try {
        result = work.apply(transaction);
      } catch (JobException refused) {
        failure = refused;
      }
    }

    void fail(RuntimeException reason) {
      failure = reason;
    }

    void complete() {
      if (failure != null) {
        answer.completeExceptionally(failure);
      } else {
        answer.complete(result);
      }
    }
  }

  /// The transaction could not even begin, so that trying its units one by one would only wait
  /// longer.
  private static final class CannotBegin extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient StoreException reason;

    CannotBegin(StoreException reason) {
      super(reason);
      this.reason = reason;
    }
  }
}
