package dev.errand.agent;

import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

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

  /// Starts a child job, which begins at once, whether or not anybody waits for it.
  ///
  /// @return its handler, which the child completes: Python by `complete_sub_task`, a Java program
  ///   by what it returns
  /// @throws dev.errand.job.RefusedException if the id is taken, a limit is reached, or the agent
  ///   cannot be told what it is to be told; nothing was started
  SubTaskHandler start(SubTaskSpec subtask);

  /// Starts a child job of which only the end matters (STATEK: `delegate_task`).
  ///
  /// @return a handler whose result is the child's exit value, or else the last words of its model;
  ///   a child that fails ends it with the error
  /// @throws IllegalArgumentException if it has an id, which such a handler has none of
  /// @throws dev.errand.job.RefusedException as [#start] does
  SubTaskHandler delegateTask(SubTaskSpec subtask);

  /// Starts a child job of which only matters what its model says (STATEK: `delegate_mute_task`,
  /// and with a [message][SubTaskSpec#message] `delegate_mute_dialog`).
  ///
  /// @return a handler whose result is text: all that the child's model has said besides code, a
  ///   reply to a line, or else the exit value; a child that fails ends it with the error
  /// @throws IllegalArgumentException if it has an id, which such a handler has none of
  /// @throws dev.errand.job.RefusedException as [#start] does
  SubTaskHandler delegateMuteTask(SubTaskSpec subtask);

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
}
