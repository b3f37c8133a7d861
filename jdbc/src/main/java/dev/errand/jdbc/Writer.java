package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import dev.errand.job.JobException;
import dev.errand.job.StoreException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/* One transaction at a time. A caller that finds the writer at rest carries its unit out itself:
 * handing it over and back would cost more than the work. The others queue their units and wait; a
 * thread takes all that have gathered meanwhile, applies them in one transaction, syncs once, and
 * answers them all. So a lonely commit costs one sync, and many at a time share one. Where more has gathered by then,
 * another thread answers, and this one goes on; in which order callers hear is nobody's concern.
 *
 * Where the database still knows what the units need (Database.recall), they are applied before the transaction is begun,
 * and all of it happens in its commit. If one refuses itself, or asks for more, or the commit finds that it is not so, then
 * nothing has happened, and they are applied again to what is looked at.
 *
 * A unit that refuses itself (a lost lease, an id that is taken) leaves nothing: what it has changed
 * is undone in memory, or, where the database was told of it, the whole transaction is taken back
 * and each of its units is tried alone. So it is after an error that nobody foresaw: only the guilty
 * one fails. Nobody is answered, not even with a refusal, before the commit: a refusal may rest on what
 * another unit of the same transaction wrote.
 *
 * Where the database is at the other end of a wire, an error may say nothing of a unit: the
 * connection was lost, two transactions were in each other's way. Then the same is tried again, for
 * a while. What was under way when the connection was lost during the commit is asked for first;
 * see PostgresDatabase.
 *
 * Claims and renewals are committed without a sync when they are by themselves
 * (SQLite: synchronous=NORMAL; PostgreSQL: synchronous_commit=off). This appends to the log as always, and every process sees it at
 * once; what may be missing after a power cut is a tail of the log, never a hole in it, and a later
 * commit with a sync syncs all that went before. So a step that was committed under a claim keeps
 * the claim too. A claim that is lost belonged to a worker that went down with the machine, and
 * under which no step was committed: nobody is left who holds its fence, the next claim may carry
 * the same number, and all that happens is that the job falls due sooner. Nor was any effect begun
 * under it, for an effect's intention is a committed step. (Where the database has a machine of its own, the worker
 * outlives the power cut: its next step finds the fence of before the claim, or that of another's, whose worker has
 * another name, and is refused.) A claim that comes with a step is on disk with it.
 *
 * `lock` guards `waiting` and `closed`. `turn` is held while a transaction is open, and guards the
 * session; the checkpointer takes it for the moment in which nobody may write. Whoever holds `turn`
 * may wait for `lock`; whoever holds `lock` only tries for `turn`. */
final class Writer implements AutoCloseable {
  private static final int MOST_UNITS = 1_000;
  private static final int MOST_COLLISIONS = 20;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  private final Database database;
  private final InstantSource clock;
  private final ReentrantLock turn;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Thread thread;

  /// Answers while the writer's thread goes on.
  private final ExecutorService answers =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("errand-store-answers").daemon().factory());

  /// Addresses of definitions that are surely stored: they are never deleted.
  private final Set<String> definitions = ConcurrentHashMap.newKeySet();

  /// Whether what was committed and is not answered yet may concern other processes.
  private final AtomicBoolean isNews = new AtomicBoolean();

  private List<Pending<?>> waiting = new ArrayList<>();
  private volatile boolean closed;

  // Guarded by turn.
  private @Nullable Session session;

  Writer(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
    this.turn = database.turn();
    this.thread = Thread.ofPlatform().name("errand-store").daemon().unstarted(this::work);
  }

  /// Opens the connection and starts the thread.
  void start() throws SQLException {
    session = database.writer();
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
        commitTogether(List.of(pending), false);
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
      if (waiting.isEmpty() && database.isCarriedByCallers() && turn.tryLock()) {
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
      final List<Pending<?>> batch;
      turn.lock();
      try {
        batch = take();
        commitTogether(batch, false);
      } finally {
        turn.unlock();
      }
      if (queued() == 0) {
        answer(batch);
      } else {
        answers.execute(() -> answer(batch));
      }
    }
  }

  private void answer(List<Pending<?>> batch) {
    batch.forEach(Pending::complete);
    long bytes = batch.stream().mapToLong(Pending::bytes).sum();
    database.committed(batch.size(), bytes, isNews.getAndSet(false));
  }

  private void commitTogether(List<Pending<?>> batch, boolean isCareful) {
    try {
      commitPatiently(batch, isCareful);
    } catch (CannotBegin locked) {
      batch.forEach(unit -> unit.fail(locked.reason));
    } catch (Collision | Spoiled again) {
      if (batch.size() > 1 || !isCareful) {
        batch.forEach(unit -> commitTogether(List.of(unit), true));
      } else {
        batch.getFirst().fail(explained(again));
      }
    } catch (SQLException | RuntimeException | Error unforeseen) {
      if (batch.size() == 1) {
        batch.getFirst().fail(explained(unforeseen));
      } else {
        batch.forEach(unit -> commitTogether(List.of(unit), isCareful));
      }
    }
  }

  /// Who looks before it inserts may still be too late: the key is another tree's by then. On the
  /// next try it finds that one.
  private void commitPatiently(List<Pending<?>> batch, boolean isCareful)
      throws SQLException, CannotBegin, Collision, Spoiled {
    long end = System.nanoTime() + database.patience().toNanos();
    var pause = FIRST_PAUSE;
    for (int tries = 0; ; tries++) {
      try {
        commit(batch, isCareful);
        return;
      } catch (Collision again) {
        if (!isCareful || batch.size() > 1 || tries >= MOST_COLLISIONS) {
          throw again;
        }
      } catch (SQLException failed) {
        if (closed || !database.isPassing(failed) || System.nanoTime() > end) {
          throw failed;
        }
        LockSupport.parkNanos(pause.toNanos());
        var twice = pause.multipliedBy(2);
        pause = twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
      }
    }
  }

  private void commit(List<Pending<?>> batch, boolean isCareful)
      throws SQLException, CannotBegin, Collision, Spoiled {
    var open = open();
    var needs = new Needs();
    batch.forEach(unit -> needs.of(unit.work));
    if (isCareful || !commitKnown(open, needs, batch)) {
      commitLooking(open, needs, batch, isCareful);
    }
  }

  /// Commits by what is still known, without a look at the database; false where that does not do,
  /// and nothing was done. Nobody is refused by what is known: that takes a look.
  private boolean commitKnown(Session open, Needs needs, List<Pending<?>> batch)
      throws SQLException, Collision {
    var transaction = new Transaction(database, open, needs, false, definitions);
    if (!database.recall(transaction)) {
      return false;
    }
    transaction.setNow(clock.instant().toEpochMilli());
    if (!succeed(open, transaction, batch)) {
      transaction.abandon();
      database.forget(needs);
      return false;
    }
    try {
      transaction.commit();
    } catch (SQLException failed) {
      database.forget(needs);
      rollback(open);
      if (database.isOutdated(failed)) {
        transaction.abandon();
        return false;
      }
      if (!database.isPassing(failed) || !isCommitted(open)) {
        throw failed;
      }
    } catch (Collision | RuntimeException | Error unforeseen) {
      transaction.abandon();
      database.forget(needs);
      rollback(open);
      throw unforeseen;
    }
    committed(transaction);
    return true;
  }

  /// Whether all units succeed with what is known.
  private static boolean succeed(Session open, Transaction transaction, List<Pending<?>> batch) {
    open.withhold(true);
    try {
      for (var unit : batch) {
        unit.apply(transaction, false);
        if (unit.failure != null) {
          return false;
        }
      }
      return true;
    } catch (SQLException | Collision | Spoiled | RuntimeException toBeDoneAgain) {
      return false;
    } finally {
      open.withhold(false);
    }
  }

  private void committed(Transaction transaction) {
    definitions.addAll(transaction.seenDefinitions());
    if (transaction.isNews()) {
      isNews.set(true);
    }
  }

  private void commitLooking(Session open, Needs needs, List<Pending<?>> batch, boolean isCareful)
      throws SQLException, CannotBegin, Collision, Spoiled {
    var transaction = new Transaction(database, open, needs, isCareful, definitions);
    begin(open, transaction, batch);
    // Not before others are kept out: what is committed later is not to be earlier.
    transaction.setNow(clock.instant().toEpochMilli());
    boolean isCommitting = false;
    try {
      for (var unit : batch) {
        unit.apply(transaction, batch.size() == 1);
      }
      if (batch.size() == 1 && batch.getFirst().failure != null) {
        transaction.abandon();
        database.rollback(open);
        return;
      }
      isCommitting = true;
      transaction.commit();
      committed(transaction);
    } catch (SQLException failed) {
      database.forget(needs);
      rollback(open);
      if (!isCommitting || !database.isPassing(failed) || !isCommitted(open)) {
        throw failed;
      }
    } catch (Collision | Spoiled | RuntimeException | Error unforeseen) {
      transaction.abandon();
      database.forget(needs);
      rollback(open);
      throw unforeseen;
    }
  }

  private Session open() throws SQLException {
    var open = session == null ? database.writer() : session;
    session = open;
    return open;
  }

  private void begin(Session open, Transaction transaction, List<Pending<?>> batch)
      throws SQLException, CannotBegin {
    boolean isDurable = !batch.stream().allMatch(unit -> unit.work.mayBeForgotten());
    try {
      database.begin(open, transaction, isDurable);
    } catch (SQLException refused) {
      rollback(open);
      if (database.isPassing(refused)) {
        throw refused;
      }
      throw new CannotBegin(database.trouble(refused));
    }
  }

  private boolean isCommitted(Session lost) throws SQLException {
    session = null;
    return database.isCommitted(lost);
  }

  /// A database takes back a transaction by itself after some errors; a connection that is in doubt
  /// is given up, and the next transaction opens another.
  private void rollback(Session open) throws SQLException {
    try {
      database.rollback(open);
    } catch (SQLException doubtful) {
      session = null;
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
    answers.close();
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

    void apply(Transaction transaction, boolean isAlone) throws SQLException, Collision, Spoiled {
      transaction.beginUnit();
      result = null;
      failure = null;
      try {
        result = work.apply(transaction);
      } catch (JobException refused) {
        failure = refused;
        boolean isUndone = transaction.undo() || isAlone;
        if (!isUndone || transaction.hasGuessed()) {
          throw new Spoiled();
        }
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

  /// A unit has refused itself after the database was told of some of it, or after it took for
  /// granted that a job is new.
  private static final class Spoiled extends Exception {
    private static final long serialVersionUID = 1L;
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
