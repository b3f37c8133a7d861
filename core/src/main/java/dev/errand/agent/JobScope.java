package dev.errand.agent;

import dev.errand.job.Budget;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Retry;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a Java program may ask of the job it works for.
///
/// Used by the program's own thread only. Every question is answered durably and counts towards the
/// order that a replay must repeat.
public interface JobScope {
  /// The job.
  JobId id();

  /// The variable of that name that the job was given.
  ///
  /// @throws IllegalArgumentException if it was given none of that name, or it does not fit `type`
  <T> T var(String name, Class<T> type);

  /// Writes a line to the job's console.
  void print(String line);

  /// Calls a tool of the agent.
  ///
  /// @throws dev.errand.job.RefusedException if the tool fails or is not the agent's
  Json call(String tool, Json.Object arguments);

  /// Begins to delegate to a child job of that agent; nothing happens before [Delegation#start].
  Delegation delegate(String agent);

  /// Waits until all of these have ended; returns them in the order given.
  List<SubTaskHandler> awaitAll(Collection<SubTaskHandler> handlers);

  /// The same, for so long at most.
  ///
  /// @throws dev.errand.job.UnfinishedException if one has not ended by then
  List<SubTaskHandler> awaitAll(Collection<SubTaskHandler> handlers, Duration atMost);

  /// Waits until one of these has ended, and returns the first that has.
  SubTaskHandler awaitAny(Collection<SubTaskHandler> handlers);

  /// The same, for so long at most.
  ///
  /// @throws dev.errand.job.UnfinishedException if none has ended by then
  SubTaskHandler awaitAny(Collection<SubTaskHandler> handlers, Duration atMost);

  /// Waits for so long, durably: the job holds no thread and no permit meanwhile.
  void sleep(Duration time);

  /// Cancels what was delegated, and all below it: it ends within seconds with
  /// [dev.errand.job.Outcome.Cancelled], and begins nothing more. One that has ended is left alone.
  void cancel(SubTaskHandler handler, String reason);

  /// Sends a message to the model of what was delegated, which reads it before its next turn; one
  /// that is done goes on for it.
  ///
  /// @return its place in the history
  /// @throws dev.errand.job.RefusedException if it has no model, or was cancelled
  long tell(SubTaskHandler handler, String text);

  /// Says how far the job has come: its parent's model reads the latest at its next turn.
  void reportProgress(String text);

  /// This job's callback of that name, made when it is first asked for: a question to the outside,
  /// whose answer is the handler's result. It is answered once, by [dev.errand.Job#answer], `errand
  /// answer` or HTTP.
  SubTaskHandler callback(String name);

  /// A child job in the making.
  interface Delegation {
    /// The handler's id, unique among this job's subtasks; default none.
    Delegation id(String id);

    /// Gives the child a variable.
    Delegation var(String name, @Nullable Object value);

    /// Python for the child to carry out, where its agent is no Java program; default none.
    Delegation code(String python);

    /// The JSON schema that the child's result must fit; default any result will do.
    ///
    /// A child that would deliver another is told what is wrong with it and may deliver again; one
    /// that returns another fails.
    Delegation resultSchema(Json.Object schema);

    /// The same, for a record or another class as which the result is to be read: all of its
    /// members must be there, and no others.
    Delegation resultType(Class<?> type);

    /// How long the child may take until it ends with [dev.errand.job.Outcome.TimedOut]; default as
    /// long as the limits of its agent, and the deadline of this job, allow. Of work that is
    /// retried it is the time for all attempts, and for those in between.
    Delegation timeout(Duration time);

    /// What the child and all below it may spend on model calls: a share of what this job may,
    /// which has what is left of it back when the child has ended; default no share of its own.
    ///
    /// A child that is to have more than there is ends with
    /// [dev.errand.job.Outcome.BudgetExhausted] before it begins.
    Delegation budget(Budget share);

    /// Attempts the work anew when it fails; default once.
    ///
    /// Each attempt is a job of its own that begins as the first did. The handler is that of the
    /// job which supervises them: it has the result of the attempt that succeeds, or the error of
    /// the last one, which says how many there were.
    Delegation retry(Retry policy);

    /// Creates the child; it begins at once, whether or not anybody waits for it.
    ///
    /// @throws dev.errand.job.RefusedException if the id is taken or a limit is reached
    SubTaskHandler start();
  }
}
