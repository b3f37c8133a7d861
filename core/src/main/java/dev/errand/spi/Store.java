package dev.errand.spi;

import dev.errand.job.Account;
import dev.errand.job.Blob;
import dev.errand.job.Budget;
import dev.errand.job.Callback;
import dev.errand.job.Checkpoint;
import dev.errand.job.Completion;
import dev.errand.job.DurableObject;
import dev.errand.job.Effect;
import dev.errand.job.EffectKey;
import dev.errand.job.Entry;
import dev.errand.job.Finding;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobEffect;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Lease;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Quota;
import dev.errand.job.Stop;
import dev.errand.job.Wait;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Keeps jobs, and is the only judge of who may change one.
///
/// All methods may be called by any thread, block until done, and apply all of their change or none
/// of it. What a method returned as done survives a crash of the process and of the machine; a
/// crash of the machine may undo claims and renewals, which only makes a job claimable sooner, and
/// [#forget] and [#collect], which can be done again. Every method throws
/// `dev.errand.job.StoreException` if the store cannot be reached or written, or was closed; unless
/// it says otherwise nothing was applied then.
///
/// Moments are kept to the millisecond; no job falls due before the moment that was asked for. What
/// a store records in histories by itself is said by [Bookkeeping].
public interface Store extends AutoCloseable, Cards {
  /// Creates a root job, or finds the one that was submitted under the same key.
  ///
  /// @return the id of the job that now exists, the given one or the one found
  /// @throws dev.errand.job.DuplicateJobException if the id is taken by a job with another key, or
  ///   without one
  /// @throws IllegalArgumentException if the id is not a root's
  JobId submit(NewJob job);

  /// Hands at most `limit` due jobs to `worker`, each for `duration`.
  ///
  /// A job is due when it is ready to go on and nobody holds a lease on it that still runs. Each
  /// claim raises the job's fence. A `SUSPENDED` job is handed out once its wait is satisfied or
  /// its moment has come, or once a message arrived, and keeps that status; one that was woken, or
  /// revived, counts as due since its creation.
  ///
  /// Jobs are handed out one after the other, each time the one that comes first:
  ///
  /// - Jobs of a higher priority come before all of a lower one.
  /// - Among jobs of one priority, their agents take turns: the next job is one of the agent that
  ///   had its last turn at this priority longest ago. Agents that had none yet come first, in the
  ///   order of the jobs they would have handed out: longest due first, then in the order of
  ///   creation.
  /// - The due jobs of one agent and one priority are a queue. In it they stand by their places,
  ///   the lowest first; at one place, longest due first, then in the order of their creation.
  ///
  /// A job takes its place when it falls due, and keeps it until it is handed out, renewed, or is
  /// due no more: the highest place of its queue that was handed out, or the one after the last
  /// that was taken in its flow, whichever is higher. Once as many jobs were handed out at that
  /// highest place as there were flows with places beyond it when it was reached, but at least one,
  /// it is the one after it: so trees that come later, without end, do not starve those that are
  /// there. A flow are the jobs of one queue that are of one tree and of which all, or none, have
  /// begun (are no longer `READY`). So ten thousand children that were created together stand one
  /// behind the other, where a job of another tree that comes later has at most one of them before
  /// it, and their parent, when it is woken, does not queue behind them; while single jobs of many
  /// trees are handed out longest due first. A job that falls due by the passing of time (it asked
  /// for a moment, its wait ran out, or its lease did) takes its place when a worker next asks for
  /// jobs at all, in the order of these moments and then of creation. A step, or another call, that
  /// is refused takes no places. Those that a call takes are taken in the order of what it does;
  /// jobs woken by one end in that of their creation.
  ///
  /// Of jobs that a [Quota.Jobs] of this store covers, so many are live at a time: held under a
  /// lease that still runs. Who would come first, but for that limit, is passed over and keeps its
  /// place. No number of claims at a time goes beyond a limit; only a lease that is prolonged after
  /// it ran out, when its place was given to another job, does.
  ///
  /// Turns and the last places of flows need not outlive a restart, after which no place is taken
  /// below the lowest that a job in the queue has. A store that several processes share may go by
  /// the turns that were taken, and the places that were taken and handed out, in the process that
  /// is asked. [Turns] remembers them.
  ///
  /// @throws IllegalArgumentException if `limit` is negative or `duration` is not positive
  List<Claim> claim(String worker, int limit, Duration duration);

  /// Prolongs leases to `duration` from now.
  ///
  /// A lease that has run out is prolonged too, unless somebody took the job since.
  ///
  /// @return the leases still held, with their new end; one that was lost or handed back is absent
  /// @throws IllegalArgumentException if `duration` is not positive
  List<Lease> renew(Collection<Lease> leases, Duration duration);

  /// Applies one step: everything in it, or nothing.
  ///
  /// The step is refused unless its lease's fence and its version are the job's own, and the job is
  /// not to end, or is ended so by the step; see [#stop]. A lease that has run out will do while
  /// nobody took the job since; one that was handed back will not. See [Change] for what each
  /// change does.
  ///
  /// A step whose worker has room for more may take jobs that it makes due, which saves a claim:
  /// see [Step.Taking]. While limits on jobs are set (see [#limit]) it takes none. Who takes passes
  /// over those that wait already, so a worker does it while it finds nothing to claim.
  ///
  /// @throws dev.errand.job.StaleLeaseException if the lease was lost or a step was committed in
  ///   between
  /// @throws dev.errand.job.StoppedException if the job is to end, and the step does something else
  /// @throws dev.errand.job.DuplicateSubTaskException if a created or attached handler's id is
  ///   taken, or the child to attach one to has another
  /// @throws dev.errand.job.DuplicateJobException if a created job's id exists with another digest;
  ///   one with the same digest is left as it is
  /// @throws dev.errand.job.UnknownJobException if a job to attach a handler to, or one whose
  ///   handler is awaited, does not exist
  /// @throws dev.errand.job.ObjectConflictException if a durable object is not at the version that
  ///   its change is based on
  /// @throws dev.errand.job.BudgetExhaustedException if too little is left of the budget for what
  ///   is to be set aside
  /// @throws dev.errand.job.WaitCycleException if the job would wait for what waits for it, as
  ///   [WaitGraph] finds
  /// @throws IllegalArgumentException if a created or attached job is no child of the step's job,
  ///   or one to stop is not within it
  Receipt commit(Step step);

  /// The moment at which the next job falls due without anybody's doing, or [#sweep] has something
  /// to do, or any moment that has passed where something is due already; empty when there is none.
  /// A due job that a limit holds back counts as due, unless that limit lets none go on at all.
  Optional<Instant> nextDue();

  /// The job of that id.
  Optional<JobRecord> find(JobId id);

  /// Those of these jobs that exist, each once, in any order, as they all were at one moment.
  List<JobRecord> find(Collection<JobId> ids);

  /// The root job submitted under that key.
  Optional<JobRecord> findByKey(String key);

  /// Jobs whose id begins with `prefix`, in the order of ids as text, after `after` (exclusive;
  /// empty for the start).
  List<JobRecord> jobs(String prefix, String after, int limit);

  /// The jobs created by `parent`, by ordinal, whose ordinal is greater than `after`.
  List<JobRecord> children(JobId parent, int after, int limit);

  /// The child of `parent` whose handler has that id.
  Optional<JobRecord> childBySubtaskId(JobId parent, Json subtaskId);

  /// The children of `parent` whose handlers ended after sequence `after`, in the order in which
  /// they ended.
  List<JobRecord> ended(JobId parent, long after, int limit);

  /// What a job is to be told of that happened after sequence `after`, as it was at one moment: at
  /// most `limit` ends of its subtasks, without those that a [Change.Given] has noted, and the
  /// messages that arrived, and the last progress that each of its children reported, or an attempt
  /// that one of them supervises, before the last of these, or all where there are fewer.
  News news(JobId job, long after, int limit);

  /// What a job waits for, as it is now: the handlers that have not ended, in the order of their
  /// ids as text, and how many of them must still end. Empty if it does not wait, or needs to no
  /// longer and was not handed out yet.
  Optional<Wait> waiting(JobId job);

  /// The callbacks that nobody has answered, those below `top` or all of the store, after that one,
  /// in the order of ids as text.
  List<Callback> callbacks(@Nullable JobId top, @Nullable JobId after, int limit);

  /// Lets a message arrive: records it as `SIGNAL` in the job's history, and wakes the job.
  ///
  /// A suspended job falls due; one that is done is revived: it is `STARTED` again, stands before
  /// its next turn, has no outcome and as long as before to its deadline, and `JOB_REVIVED` is
  /// recorded. (The end of a child revives its parent likewise, unless the child's outcome was
  /// given to it; [Bookkeeping#mayRevive] says which outcomes allow it.)
  ///
  /// A job that supervises attempts passes it on to its last one, as [Bookkeeping#isPassedOn] says;
  /// and each attempt begins with all that was said to that job before.
  ///
  /// @return the sequence of the entry
  /// @throws dev.errand.job.UnknownJobException if there is no such job
  /// @throws dev.errand.job.SignalRefusedException if it was cancelled, is to end, or has no model
  ///   to read it; or if it is done and the message asks it to end, see [Bookkeeping#STOP]
  long signal(JobId job, Json.Object message);

  /// Ends the handler of a job from outside, as if by [Change.Completed]; a callback is done then.
  ///
  /// @throws dev.errand.job.UnknownJobException if there is no such job
  /// @throws dev.errand.job.SignalRefusedException if it has no handler, or its handler has ended;
  ///   or if it is a callback, nobody is at work in its tree and the job that asked would not go on
  ///   for the answer
  void complete(JobId job, Completion completion);

  /// Decides that a job, and all below it that are not done, are to end with `outcome`, within
  /// `grace`: they are handed out no more, and a step for one of them is refused that does not end
  /// it with [Outcome.Cancelled] or [Outcome.TimedOut]. Records `JOB_STOPPING` in the history of
  /// the job.
  ///
  /// Who holds one of them is to end it by then; [#sweep] ends the others. Parents within are not
  /// told of the ends below them. For a job that is to end already the earlier moment counts.
  ///
  /// @return how many jobs are now to end by this; 0 if nothing was to be done, and nothing was
  /// @throws dev.errand.job.UnknownJobException if there is no such job
  /// @throws IllegalArgumentException if the outcome is another, or `grace` is negative
  int stop(JobId top, Outcome outcome, Duration grace);

  /// Decisions of [#stop], and of [#sweep] about deadlines, whose number is greater than `after`,
  /// oldest first.
  List<Stop> stops(long after);

  /// Why the job is to end; empty if it is not, or is done.
  Optional<Stop> stopOf(JobId job);

  /// Stops, for `grace`, jobs whose deadline has passed, and ends at most `limit` jobs that are to
  /// end and that nobody holds, or that were to have ended by now.
  ///
  /// @return how many were ended; fewer than `limit` if there are no others
  int sweep(int limit, Duration grace);

  /// The accounts of `top` and of jobs below it that have one, after that job, in the order of ids
  /// as text.
  List<Account> accounts(JobId top, @Nullable JobId after, int limit);

  /// Grants the account of a job more; that of a child takes it from what is left above it.
  ///
  /// @throws dev.errand.job.UnknownJobException if there is no such job
  /// @throws dev.errand.job.BudgetExhaustedException if less is left above it, or the job has no
  ///   open account of its own
  void grant(JobId job, Budget more);

  /// Sets a limit that all workers of this store hold from their next claim, or call, on; in place
  /// of the one of that name, if there is one. What is live stays so, if it is too much.
  ///
  /// A rate of calls that is changed begins anew; one that is set again as it was goes on.
  void limit(Quota quota);

  /// Lifts the limit of that name; false if there is none.
  boolean lift(String name);

  /// The limits that are set, in the order of their names as text.
  List<Quota> quotas();

  /// Takes one call, now, of each [Quota.Calls] that covers the model; if one of them has none
  /// left, none of any. The time is the store's.
  ///
  /// Who is put off is told when to ask again; many who are, one after the other. It is no
  /// reservation: another may ask before.
  ///
  /// A store that several processes share may go by which limits there were at the last claim in
  /// this process; so it need not be looked at where there is none.
  ///
  /// @param model its name, `provider:model`
  /// @return when to ask again; empty if the call may be made
  Optional<Instant> call(String model);

  /// How many jobs there are below `root` in all, the root not counted, and how many of them are
  /// done.
  Count count(JobId root);

  /// Whether any job is claimable, held, or to end by a stop: that is, can go on, or end, without
  /// anybody's doing. What a limit holds back can, unless that limit lets none go on at all.
  boolean busy();

  /// The definition stored under that address.
  Optional<JobDefinition> definition(String address);

  /// The job's workspace at its last checkpoint; its pieces are read with [#chunks]. Empty if there
  /// are no variables.
  Optional<Checkpoint> checkpoint(JobId job);

  /// The job's workspace as its last checkpoint of block `turn` or an earlier one left it;
  /// [dev.errand.job.Delta#BEFORE] for what the job began with. Empty if there were no variables.
  ///
  /// @throws dev.errand.job.UnknownTurnException if the turn was forgotten
  Optional<Checkpoint> checkpoint(JobId job, int turn);

  /// The pieces with these addresses; without those that are missing, or whose content does not
  /// match the address.
  Map<String, Blob> chunks(Collection<String> addresses);

  /// The effects recorded for statements of block `turn` from `statement` on, by slot.
  List<Effect> journal(JobId job, int turn, int statement);

  /// The effects of `top` and all jobs below it, or of all jobs of the store, after that one, in
  /// the order of ids as text and then of slots. Readings are not among them.
  List<JobEffect> effects(@Nullable JobId top, @Nullable EffectKey after, int limit);

  /// Those of [#effects] whose outcome nobody knows; see [Effect#isUnknown].
  List<JobEffect> unknownEffects(@Nullable JobId top, @Nullable EffectKey after, int limit);

  /// Settles an effect whose outcome nobody knew, as [Effect#resolved] says, and records
  /// `EFFECT_RESOLVED` in the job's history.
  ///
  /// Whoever claims the job after this reads the journal as it is then. A worker whose lease has
  /// run out, and that was making the call all the same, may still commit what really came of it.
  ///
  /// @throws dev.errand.job.UnresolvableException if there is no such effect, its outcome is known,
  ///   or it is intended by a job on which a lease still runs: the call may be under way
  void resolve(EffectKey key, Finding finding);

  /// The durable object of that id.
  Optional<DurableObject> object(String id);

  /// The durable object to which the application gave that key.
  Optional<DurableObject> objectByKey(String key);

  /// Durable objects after that id (exclusive; empty for the start), in the order of ids.
  List<DurableObject> objects(String after, int limit);

  /// Changes a durable object for the application, or makes it if its version is 1.
  ///
  /// @throws dev.errand.job.ObjectConflictException if it is not at the version before, or another
  ///   has its key
  void change(DurableObject object);

  /// The job's history after sequence `after`, oldest first.
  List<Entry> history(JobId job, long after, int limit);

  /// The history of the whole tree after sequence `after`, oldest first.
  List<Entry> events(JobId root, long after, int limit);

  /// Creates a root job `fork` that stands right after block `turn` of `job`, due at once.
  ///
  /// It has the same definition, the workspace as that turn left it (the pieces are shared, not
  /// copied) and, after an entry `JOB_CREATED`, the entries of `job` up to that turn that
  /// [Bookkeeping#isForked] says. It has no handler, no children and no effects, has spent nothing,
  /// and keeps no earlier turn.
  ///
  /// @throws dev.errand.job.UnknownJobException if there is no such job
  /// @throws dev.errand.job.UnknownTurnException if the turn is not over, or was forgotten
  /// @throws dev.errand.job.DuplicateJobException if the id of the fork is taken
  /// @throws IllegalArgumentException if the id of the fork is not a root's
  void fork(JobId job, int turn, JobId fork);

  /// Forgets how turns before `turn` left the job's workspace; what its last turn that is over
  /// left, and what came after, is kept in any case.
  ///
  /// @throws dev.errand.job.UnknownJobException if there is no such job
  void forget(JobId job, int turn);

  /// Frees pieces that no workspace has, as of any turn that is kept; looks at `limit` at most.
  Freed collect(int limit);

  /// The clock by which this store tells what is due: the caller's, or that of the database where
  /// many machines share one. Reading it costs no look at the store.
  InstantSource clock();

  /// How often to look for what other processes made due: often where a look is cheap, seldom where
  /// [#listen] tells of most of it.
  default Duration pollEvery() {
    return Duration.ofMillis(250);
  }

  /// Calls `woken`, on a thread of the store, when another process may have made something due or
  /// stopped a job, until what is returned is closed. A hint: it may come late, for nothing or not
  /// at all; by default it never comes.
  default Listening listen(Runnable woken) {
    return () -> {};
  }

  /// Ends the use of the store; leases of workers of this process may be handed out again at once.
  @Override
  void close();

  /// Ends with [#close] what [#listen] began.
  @FunctionalInterface
  interface Listening extends AutoCloseable {
    @Override
    void close();
  }

  /// What a job is to be told of.
  ///
  /// @param ended subtasks, in the order in which they ended
  /// @param messages entries `SIGNAL`, oldest first
  /// @param progress the last entry `PROGRESS` of each child that has one and has not ended, oldest
  ///   first
  record News(List<JobRecord> ended, List<Entry> messages, List<Entry> progress) {
    public News {
      ended = List.copyOf(ended);
      messages = List.copyOf(messages);
      progress = List.copyOf(progress);
    }
  }

  /// What was freed.
  ///
  /// @param pieces how many
  /// @param bytes their content
  /// @param more whether there may be more to free
  record Freed(int pieces, long bytes, boolean more) {}

  /// How many jobs a tree has.
  ///
  /// @param jobs all but the root
  /// @param done those of them that ended
  record Count(int jobs, int done) {}
}
