package dev.errand.engine;

import dev.errand.job.BudgetExhaustedException;
import dev.errand.job.Effect;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Lease;
import dev.errand.job.ObjectConflictException;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.StoppedException;
import dev.errand.job.Wait;
import dev.errand.job.WaitCycleException;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Receipt;
import dev.errand.spi.Step;
import dev.errand.spi.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Gathers one job's changes into steps and commits them in order.
///
/// The job's thread adds changes; they are committed when it asks for it and waits ([#commit]), or
/// behind its back ([#commitSoon]). At most one commit is under way; what is added meanwhile goes
/// into the next one, so a burst of children costs a few commits, not one each. A step takes the
/// changes and the progress of the same moment, under the one lock: what is committed is always a
/// state the job was in.
///
/// The lock guards every field and is never held across a call to the store.
final class StepWriter {
  private static final int BURST = 64;
  private static final Duration MOMENT = Duration.ofMillis(1);
  private static final Duration LONGEST_HOLD = Duration.ofSeconds(5);

  private final Store store;
  private final Taker taker;
  private final Timer timer;
  private final List<Change> pending = new ArrayList<>();
  private Lease lease;
  private long version;
  private JobStatus status;
  private JobStatus stored;
  private Progress progress;
  private JobStatus resumed = JobStatus.STARTED;
  private boolean held;
  private int heldFrom;
  private Progress heldAt;
  private long holds;
  private boolean scheduled;
  private int waits;
  private boolean underWay;
  private boolean leased = true;
  private @Nullable RuntimeException failure;
  private Consumer<Change.Recorded> witness = ignored -> {};
  private volatile Consumer<RuntimeException> afterRefusal = ignored -> {};

  StepWriter(Store store, Claim claim, Taker taker, Timer timer) {
    this.store = store;
    this.taker = taker;
    this.timer = timer;
    this.lease = claim.lease();
    this.version = claim.version();
    this.status = claim.job().status();
    this.stored = status;
    this.progress = claim.job().progress();
    this.heldAt = progress;
  }

  /// Has every refusal of the store told, on the thread that met it.
  synchronized void onRefusal(Consumer<RuntimeException> told) {
    afterRefusal = told;
  }

  /// Has every entry told that is added from now on, on the thread that adds it; one that may be
  /// refused once it is committed.
  synchronized void witness(Consumer<Change.Recorded> told) {
    witness = told;
  }

  synchronized Progress progress() {
    return progress;
  }

  synchronized JobStatus status() {
    return status;
  }

  synchronized Lease lease() {
    return lease;
  }

  synchronized long version() {
    return version;
  }

  /// The lease was prolonged.
  synchronized void renewed(Lease renewed) {
    if (renewed.fence() == lease.fence()) {
      lease = renewed;
    }
  }

  private void append(List<Change> changes) {
    pending.addAll(changes);
    tell(changes);
  }

  private void tell(List<Change> changes) {
    for (var change : changes) {
      if (change instanceof Change.Recorded recorded) {
        witness.accept(recorded);
      }
    }
  }

  /// Adds changes that belong together and say nothing of how far the job has come.
  synchronized void add(Change... changes) {
    append(List.of(changes));
  }

  /// Adds changes together with the progress they make: neither is ever committed without the
  /// other.
  synchronized void add(List<Change> changes, Progress made) {
    append(changes);
    progress = made;
  }

  /// Puts `replacement` in the place of the pending change that equals `change`; false if that is
  /// no longer pending.
  synchronized boolean replace(Change change, Change replacement) {
    int index = pending.indexOf(change);
    if (index < 0) {
      return false;
    }
    pending.set(index, replacement);
    return true;
  }

  synchronized void advance(Progress next) {
    progress = next;
  }

  synchronized void become(JobStatus next) {
    if (!status.mayBecome(next)) {
      throw new IllegalStateException("A job cannot go from " + status + " to " + next);
    }
    status = next;
  }

  /// Has the pending changes committed without waiting for it; a failure comes to light at the next
  /// call that waits.
  void commitSoon() {
    synchronized (this) {
      if (underWay || held || failure != null || isEmpty()) {
        return;
      }
      underWay = true;
    }
    Thread.ofVirtual().name("errand-commit").start(this::drain);
  }

  /// Has the pending changes committed within a moment, or at once if they are many: a burst of
  /// children takes few commits, and a child that is waited for right away takes none of its own.
  void commitShortly() {
    synchronized (this) {
      if (pending.size() < BURST) {
        if (!scheduled) {
          scheduled = true;
          timer.after(MOMENT, this::commitScheduled);
        }
        return;
      }
    }
    commitSoon();
  }

  private void commitScheduled() {
    synchronized (this) {
      scheduled = false;
    }
    commitSoon();
  }

  private void drain() {
    while (true) {
      Step step;
      synchronized (this) {
        if (held || failure != null || isEmpty()) {
          underWay = false;
          notifyAll();
          return;
        }
        step = take(new Step.Next.Continue());
      }
      apply(step);
    }
  }

  /// Waits until everything added so far is committed.
  void commit() {
    synchronized (this) {
      claimTurn();
      held = false;
      if (isEmpty()) {
        release();
        return;
      }
    }
    finish(new Step.Next.Continue());
  }

  /// Commits these changes and the progress they make, with what is pending.
  ///
  /// @throws ObjectConflictException if another changed an object
  /// @throws SignalRefusedException if a message cannot be told
  /// @throws BudgetExhaustedException if too little is left; in each case nothing was committed,
  ///   what was pending is pending still, and the changes are dropped
  Receipt commitUnlessRefused(List<Change> changes, Progress made) {
    Step step;
    List<Change> before;
    Progress was;
    synchronized (this) {
      claimTurn();
      held = false;
      before = List.copyOf(pending);
      was = progress;
      pending.addAll(changes);
      progress = made;
      step = take(new Step.Next.Continue());
    }
    var receipt = apply(step);
    synchronized (this) {
      release();
      if (receipt != null) {
        tell(changes);
        return receipt;
      }
      var refused = failed();
      if (isOfTheChanges(refused)) {
        failure = null;
        pending.addAll(0, before);
        progress = was;
      }
      throw refused;
    }
  }

  /// Whether it was these changes that were refused, and the job goes on without them.
  private static boolean isOfTheChanges(RuntimeException refused) {
    return refused instanceof ObjectConflictException
        || refused instanceof SignalRefusedException
        || refused instanceof BudgetExhaustedException;
  }

  /// Has several additions made as one: no commit comes between them.
  synchronized void together(Runnable additions) {
    additions.run();
  }

  /// Commits what is pending, what `additions` add, and `last`, as the job's last step: these must
  /// not slip into an earlier one.
  void end(Runnable additions, List<Change> last) {
    synchronized (this) {
      claimTurn();
      held = false;
      try {
        additions.run();
      } catch (RuntimeException fault) {
        release();
        throw fault;
      }
      pending.addAll(last);
      become(JobStatus.DONE);
    }
    finish(new Step.Next.End());
  }

  /// Ends a job that is to end, as its last step: with what is known of what it did, and without
  /// what it was about to do.
  void endStopped(Outcome outcome) {
    synchronized (this) {
      awaitTurn();
      underWay = true;
      failure = null;
      held = false;
      pending.removeIf(change -> !isHistory(change));
      pending.add(new Change.Ended(outcome));
      become(JobStatus.DONE);
    }
    finish(new Step.Next.End());
  }

  /// Whether a change says what happened, which stays so for a job that is to end.
  private static boolean isHistory(Change change) {
    return switch (change) {
      case Change.Recorded ignored -> true;
      case Change.Given ignored -> true;
      case Change.Retrieved ignored -> true;
      case Change.Spent ignored -> true;
      case Change.Reserved ignored -> false;
      case Change.LastCall ignored -> false;
      case Change.Journalled(var effect) -> !(effect.result() instanceof Effect.Result.Intended);
      case Change.Created ignored -> false;
      case Change.Attached ignored -> false;
      case Change.Checkpointed ignored -> false;
      case Change.Completed ignored -> false;
      case Change.Ended ignored -> false;
      case Change.ObjectChanged ignored -> false;
      case Change.Stopped ignored -> true;
      case Change.Told ignored -> false;
    };
  }

  /// Hands the job back until a moment.
  void handBack(Instant until) {
    synchronized (this) {
      claimTurn();
      leased = false;
    }
    finish(new Step.Next.Yield(until));
  }

  /// Whether the lease is this worker's, as far as it knows: a job that is suspended has none.
  synchronized boolean isLeased() {
    return leased;
  }

  /// How often the job was to be suspended.
  synchronized int waits() {
    return waits;
  }

  /// Suspends the job; false if the wait is satisfied already and the job goes on.
  ///
  /// @throws WaitCycleException if it would never end; the job goes on
  boolean suspend(Wait wait) {
    JobStatus before;
    synchronized (this) {
      claimTurn();
      held = false;
      waits++;
      before = status;
      become(JobStatus.SUSPENDED);
    }
    boolean suspended = !await(wait, before).leased();
    synchronized (this) {
      if (suspended) {
        resumed = before;
        leased = false;
      } else {
        status = before;
      }
    }
    return suspended;
  }

  /// Where the wait is refused, all is as it was before.
  private Receipt await(Wait wait, JobStatus before) {
    List<Change> changes;
    synchronized (this) {
      changes = List.copyOf(pending);
    }
    try {
      return finish(new Step.Next.Await(wait));
    } catch (WaitCycleException refused) {
      synchronized (this) {
        failure = null;
        pending.addAll(0, changes);
        status = before;
      }
      throw refused;
    }
  }

  /// The parked job was claimed again and goes on where it stood.
  synchronized void resume(Lease claimed) {
    lease = claimed;
    leased = true;
    status = resumed;
  }

  /// Adds a change and keeps everything from being committed until [#letGo], a commit that is
  /// waited for, or some seconds from now.
  synchronized void addHeld(Change change) {
    if (!held) {
      heldFrom = pending.size();
      heldAt = progress;
    }
    pending.add(change);
    held = true;
    long hold = ++holds;
    timer.after(LONGEST_HOLD, () -> letGoAndCommit(hold));
  }

  /// Ends a hold, unless a later one began: that ends by its own time.
  private void letGoAndCommit(long hold) {
    synchronized (this) {
      if (hold != holds) {
        return;
      }
      held = false;
    }
    commitSoon();
  }

  /// Takes back what is held, and all that was added since: what asked for it died, and will ask
  /// again.
  synchronized void takeBackHeld() {
    if (held) {
      pending.subList(heldFrom, pending.size()).clear();
      progress = heldAt;
      held = false;
    }
  }

  /// Ends what [#addHeld] began.
  synchronized void letGo() {
    held = false;
  }

  /// Whether the child is about to be created by this job, and not yet.
  synchronized boolean isPending(JobId child) {
    return pending.stream()
        .anyMatch(change -> change instanceof Change.Created(var job) && job.id().equals(child));
  }

  private boolean isEmpty() {
    return pending.isEmpty() && status == stored;
  }

  private Receipt finish(Step.Next next) {
    Step step;
    synchronized (this) {
      step = take(next);
    }
    var receipt = apply(step);
    synchronized (this) {
      release();
      if (receipt == null) {
        throw failed();
      }
      return receipt;
    }
  }

  /// Waits for the commit under way and takes its place.
  private void claimTurn() {
    awaitTurn();
    if (failure != null) {
      throw failed();
    }
    underWay = true;
  }

  private void awaitTurn() {
    boolean interrupted = false;
    while (underWay) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void release() {
    underWay = false;
    notifyAll();
  }

  private Step take(Step.Next next) {
    var step = new Step(lease, version, status, progress, pending, next);
    pending.clear();
    return step;
  }

  private @Nullable Receipt apply(Step made) {
    var step = made.taking(taker.room(made));
    Receipt receipt = null;
    try {
      receipt = store.commit(step);
      synchronized (this) {
        version = receipt.version();
        if (!(step.next() instanceof Step.Next.Await && receipt.leased())) {
          stored = step.status();
        }
      }
      return receipt;
    } catch (RuntimeException refused) {
      synchronized (this) {
        failure = refused;
        if (refused instanceof StoppedException) {
          pending.addAll(0, step.changes());
        }
      }
      afterRefusal.accept(refused);
      return null;
    } finally {
      taker.take(step, receipt);
    }
  }

  private RuntimeException failed() {
    return failure == null ? new IllegalStateException("The commit failed") : failure;
  }
}
