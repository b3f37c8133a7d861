package dev.errand;

import dev.errand.agent.Model;
import dev.errand.engine.Engine;
import dev.errand.job.Account;
import dev.errand.job.Approval;
import dev.errand.job.Budget;
import dev.errand.job.Callback;
import dev.errand.job.Checkpoint;
import dev.errand.job.Completion;
import dev.errand.job.Entry;
import dev.errand.job.JobEffect;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.Subtask;
import dev.errand.job.TaskError;
import dev.errand.job.UnfinishedException;
import dev.errand.job.UnknownJobException;
import dev.errand.job.UnknownTurnException;
import dev.errand.job.Value;
import dev.errand.job.Variable;
import dev.errand.job.Wait;
import dev.errand.spi.Store;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A job as the application sees it; every call reads the store.
///
/// Safe for use by many threads.
public final class Job {
  private static final Duration CANCELLED_WITHIN = Duration.ofSeconds(5);

  private final Engine engine;
  private final JobId id;

  Job(Engine engine, JobId id) {
    this.engine = engine;
    this.id = id;
  }

  /// Its id.
  public JobId id() {
    return id;
  }

  /// The job as it is now.
  ///
  /// @throws UnknownJobException if it is no longer in the store
  public JobRecord record() {
    return engine.store().find(id).orElseThrow(() -> new UnknownJobException(id.text()));
  }

  /// How it ended; empty while it has not.
  public Optional<Outcome> outcome() {
    return Optional.ofNullable(record().outcome());
  }

  /// Waits until it has ended, blocking the thread; the job needs a worker in this or another
  /// process.
  ///
  /// @throws UnfinishedException if it has not ended after `atMost`; it goes on undisturbed
  public Outcome await(Duration atMost) throws InterruptedException {
    var outcome = engine.await(id, atMost).outcome();
    if (outcome == null) {
      throw new UnfinishedException(id);
    }
    return Objects.requireNonNull(outcome);
  }

  /// The jobs it created, by ordinal.
  public List<Job> children() {
    return engine.store().children(id, 0, Integer.MAX_VALUE).stream()
        .map(child -> new Job(engine, child.id()))
        .toList();
  }

  /// How many jobs there are below it in the tree, if it is a root, and how many of those have
  /// ended.
  public Store.Count count() {
    return engine.store().count(id);
  }

  /// Its history after a sequence number, oldest first.
  public List<Entry> history(long after, int limit) {
    return engine.store().history(id, after, limit);
  }

  /// What its model was shown before its reply of that turn, or is to be shown for the one that is
  /// due: made of the history again, as it was then.
  ///
  /// @throws UnknownTurnException if its model was not asked for that turn
  public Model.Request request(int turn) {
    return engine.request(id, turn);
  }

  /// The tool calls of this job and of all below it that are journalled, and what is known of each.
  public List<JobEffect> effects() {
    return Pages.all((last, limit) -> engine.store().effects(id, Errand.key(last), limit));
  }

  /// Those of [#effects] whose outcome nobody knows; see [Errand#resolve].
  public List<JobEffect> unknownEffects() {
    return Pages.all((last, limit) -> engine.store().unknownEffects(id, Errand.key(last), limit));
  }

  /// What it waits for now: which handlers that have not ended, how many of them, until when; empty
  /// if it does not wait.
  public Optional<Wait> waiting() {
    return engine.store().waiting(id);
  }

  /// The callbacks of this job and of all below it that nobody has answered; see [#answer].
  public List<Callback> callbacks() {
    return new Questions(engine, id).callbacks();
  }

  /// The calls of tools of this job and of all below it that wait for a person to allow them; see
  /// [Errand#allow].
  public List<Approval> approvals() {
    return new Questions(engine, id).approvals();
  }

  /// Its variables as of its last checkpoint.
  public List<Variable> variables() {
    return engine.store().checkpoint(id).map(Checkpoint::variables).orElse(List.of());
  }

  /// Its variables as a turn left them, [dev.errand.job.Delta#BEFORE] for what it began with.
  ///
  /// @throws UnknownTurnException if the turn was forgotten
  public List<Variable> variables(int turn) {
    return engine.store().checkpoint(id, turn).map(Checkpoint::variables).orElse(List.of());
  }

  /// Sends the job a message, which its model reads before its next turn.
  ///
  /// It is delivered once this returns, whatever is killed after that. A job whose code waits is
  /// stopped there for it; one that is done goes on.
  ///
  /// @return the message's place in the job's history
  /// @throws SignalRefusedException if it was cancelled, or has no model to read it
  public long say(String text) {
    return engine.signal(id, Json.object("text", text));
  }

  /// Cancels the job and all below it that is not done, within five seconds: their code and their
  /// models are stopped at once, a tool that is being called may finish. Nothing new is begun, and
  /// each ends with [Outcome.Cancelled]; who waits for this job's handler hears of it.
  ///
  /// Whatever is killed after this has returned, the jobs end; those that a worker of another
  /// process has end within a second, those that nobody has at once. To cancel what has ended, or
  /// is to end already, changes nothing.
  ///
  /// @return how many jobs are now to end
  /// @throws UnknownJobException if it is no longer in the store
  public int cancel(String reason) {
    return engine.stop(id, new Outcome.Cancelled(reason), CANCELLED_WITHIN);
  }

  /// Cancels the job and all below it, and breaks off their tools too: nobody is waited for.
  ///
  /// @return how many jobs are now to end
  /// @throws UnknownJobException if it is no longer in the store
  public int kill(String reason) {
    return engine.stop(id, new Outcome.Cancelled(reason), Duration.ZERO);
  }

  /// Asks the job's model to come to an end: it has one more turn, and what that gives is in the
  /// [Outcome.Cancelled] with which the job then ends, and all below it.
  ///
  /// @throws SignalRefusedException if it is done or to end already, or has no model to ask
  public void askToStop(String reason) {
    engine.askToStop(id, reason);
  }

  /// What this job and the jobs below it may spend on model calls, and have spent: the accounts of
  /// those that have one, their parents' first.
  public List<Account> accounts() {
    return Pages.all(
        (last, limit) -> engine.store().accounts(id, last == null ? null : last.job(), limit));
  }

  /// Grants this job's account more; that of a subtask takes it from what is left above it. Each
  /// call grants anew.
  ///
  /// A job that has spent its budget and is done goes on only when it is told to, with [#say].
  ///
  /// @param more what is added; unbounded for nothing
  /// @throws dev.errand.job.BudgetExhaustedException if less is left above it, or it has no open
  ///   account of its own
  public void grant(Budget more) {
    engine.store().grant(id, more);
  }

  /// Answers a callback of this job.
  ///
  /// @throws SignalRefusedException if it was answered before; the first answer stands
  /// @throws UnknownJobException if the job has no callback of that name
  public void answer(String callback, @Nullable Object value) {
    end(callback, new Completion.Result(Value.of(value)));
  }

  /// Ends a callback of this job with an error: nobody will answer it.
  ///
  /// @throws SignalRefusedException if it was answered before; the first answer stands
  /// @throws UnknownJobException if the job has no callback of that name
  public void refuse(String callback, String why) {
    end(callback, new Completion.Error(TaskError.of(TaskError.Kind.REPORTED, why, "")));
  }

  private void end(String callback, Completion completion) {
    var asked =
        engine
            .store()
            .childBySubtaskId(id, Subtask.callbackId(callback))
            .orElseThrow(() -> UnknownJobException.callback(id, callback));
    engine.complete(asked.id(), completion);
  }

  /// Completes this job's handler in its place, with a result; the job itself goes on.
  ///
  /// @throws SignalRefusedException if it has no handler, or the handler has ended
  public void complete(@Nullable Object result) {
    engine.complete(id, new Completion.Result(Value.of(result)));
  }

  /// The same, with an error.
  ///
  /// @throws SignalRefusedException if it has no handler, or the handler has ended
  public void completeWithError(String message) {
    engine.complete(id, new Completion.Error(TaskError.of(TaskError.Kind.REPORTED, message, "")));
  }

  /// Creates a job that stands where this one stood right after a turn: with its definition, its
  /// variables as they were then and its history until then. This one goes on undisturbed.
  ///
  /// The fork is a root job. It is told of no subtask of this job, but handlers in its variables
  /// can be read and awaited.
  ///
  /// @throws UnknownTurnException if the turn is not over, or was forgotten
  public Job fork(int turn) {
    return new Job(engine, engine.fork(id, turn, null));
  }

  /// The same, under an id of the caller's choice.
  ///
  /// @throws dev.errand.job.DuplicateJobException if the id is taken
  public Job fork(int turn, JobId fork) {
    return new Job(engine, engine.fork(id, turn, fork));
  }
}
