package dev.errand.spi;

import dev.errand.job.Budget;
import dev.errand.job.Completion;
import dev.errand.job.Delta;
import dev.errand.job.DurableObject;
import dev.errand.job.Effect;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Usage;
import java.time.Duration;
import java.util.List;

/// One change within a [Step].
///
/// Entries that the store records by itself belong to the turn of the step's progress; those of a
/// child to the child's.
public sealed interface Change {
  /// Appends to the job's own history; the store gives it the next sequence number of the root.
  record Recorded(int turn, Entry.Kind kind, Json.Object data) implements Change {}

  /// Creates a child job, due at once unless it is a callback, and records `SUBTASK_SPAWNED` (with
  /// a handler) or `JOB_CREATED` in the child's history, then its first message as `SIGNAL`. A job
  /// of that id and digest that exists is left alone, and nothing is recorded. One that is to have
  /// a share of a budget that has less left ends before it begins, with
  /// [dev.errand.job.Outcome.BudgetExhausted].
  record Created(NewJob job) implements Change {}

  /// Gives an existing child a handler, and records `SUBTASK_SPAWNED` in the child's history. If
  /// the child is done already the handler ends at once, as if the child had ended only now. A
  /// handler without id takes the id; a child that has a handler of the same id is left alone.
  record Attached(JobId child, Json subtaskId) implements Change {}

  /// Writes a line of the effect journal, in place of the one of the same slot.
  record Journalled(Effect effect) implements Change {}

  /// Changes the job's workspace, storing the pieces that are not stored yet. What it replaces
  /// stays readable as the state of earlier turns; within one turn only the last state does.
  record Checkpointed(Delta delta) implements Change {}

  /// Ends the job's handler, records `SUBTASK_COMPLETED` or `SUBTASK_FAILED` in the job's history,
  /// takes that entry's sequence as the handler's `told`, and makes every job due whose wait that
  /// satisfies. A handler that ended before is left alone; without a handler nothing happens.
  record Completed(Completion completion) implements Change {}

  /// Ends the job, records `JOB_ENDED`, and, where it has a handler that has not ended, ends that
  /// too as if by [Completed] with what [dev.errand.job.Subtask#completedBy] says, recorded as
  /// `SUBTASK_FAILED`, `SUBTASK_CANCELLED` or `SUBTASK_TIMED_OUT`, or of a future that succeeded as
  /// `SUBTASK_COMPLETED`. Of the end of a future nobody is told who does not wait for it. Nothing
  /// is set aside for its model any more, and its share of a budget is closed; see [Ledger].
  record Ended(Outcome outcome) implements Change {}

  /// Lets a message arrive for a job below the step's own, as by [Store#signal]. The step is
  /// refused with [dev.errand.job.SignalRefusedException] if the message would be, or if the job is
  /// done and the message is not to revive it.
  record Told(JobId job, Json.Object message, boolean revives) implements Change {}

  /// Stops `job`, which is the step's own or one below it, and all below it, as by [Store#stop].
  record Stopped(JobId job, Outcome outcome, Duration grace) implements Change {}

  /// Changes a durable object, or makes it if its version is 1. The step is refused with
  /// [dev.errand.job.ObjectConflictException] unless the object is at the version before.
  record ObjectChanged(DurableObject object) implements Change {}

  /// Notes that the job's code was given the outcomes of these children, so that it is not told of
  /// them again; see [Store#news].
  record Given(List<JobId> children) implements Change {
    public Given {
      children = List.copyOf(children);
    }
  }

  /// Notes that cards of a memory were retrieved by who owns it: each is counted once, and when.
  /// Those that are not there are passed over.
  record Retrieved(String memory, List<String> cards) implements Change {
    public Retrieved {
      cards = List.copyOf(cards);
    }
  }

  /// Sets aside what the next call of the job's model may cost, and what one more may that is its
  /// last, in place of what it had set aside. The step is refused with
  /// [dev.errand.job.BudgetExhaustedException] if less is left of the budget; see [Ledger].
  record Reserved(Budget call, Budget last) implements Change {}

  /// Takes what was set aside for a last call of the job's model for the next one. The step is
  /// refused with [dev.errand.job.BudgetExhaustedException] if nothing was, or the budget is
  /// overdrawn.
  record LastCall() implements Change {}

  /// Notes what a call of the job's own model cost, and sets aside no longer what was for it.
  record Spent(Usage usage) implements Change {}
}
