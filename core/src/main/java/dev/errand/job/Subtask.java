package dev.errand.job;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The durable side of a `SubTaskHandler`, kept with the child job.
///
/// @param id the handler's id among its parent's, any JSON scalar; [Json.Null] when it has none; an
///   object for a callback, see [JobDefinition#CALLBACK], a [#FUTURE] and an [#ATTEMPT], and what
///   has a [#TITLE]
/// @param completion how it ended; null while it has not
/// @param told the sequence number, within the root, of the event that ended it; 0 while it has not
public record Subtask(Json id, @Nullable Completion completion, long told) {
  /// The member of the id of a child that is awaited as a future: its exit value is the result, and
  /// nobody is told of its end who does not wait for it.
  public static final String FUTURE = "future";

  /// The member of the id of an attempt: its number, counted from 1. [#OF] is how many there may
  /// be.
  public static final String ATTEMPT = "attempt";

  /// The member of the id of a subtask that a model began by the tool `SubTask`: what it is called.
  /// [#DEPTH] is how many such subtasks there are from the root to it, itself included.
  public static final String TITLE = "title";

  /// See [#TITLE].
  public static final String DEPTH = "depth";

  /// See [#ATTEMPT].
  public static final String OF = "of";

  /// A handler without an outcome.
  public static Subtask open(Json id) {
    return new Subtask(id, null, 0);
  }

  /// The same handler under that id.
  public Subtask called(Json other) {
    return new Subtask(other, completion, told);
  }

  /// Whether the child is awaited as a future.
  public boolean isFuture() {
    return id instanceof Json.Object(var members) && members.containsKey(FUTURE);
  }

  /// Whether a model began it by the tool `SubTask`.
  public boolean isOfTool() {
    return id instanceof Json.Object(var members) && members.containsKey(TITLE);
  }

  /// The id of the handler of a subtask that a model began.
  ///
  /// @param call which call of which turn, so that no two are the same
  public static Json toolId(String title, int depth, String call) {
    return Json.object(TITLE, title).with(DEPTH, depth).with("call", call);
  }

  /// Whether what the job ends with is the handler's result.
  public boolean endsWithResult() {
    return isFuture() || isOfTool();
  }

  /// What the handler becomes when the child ends and nobody completed it before.
  public Completion completedBy(Outcome outcome) {
    return endsWithResult() && outcome instanceof Outcome.Succeeded(var value)
        ? new Completion.Result(value)
        : Completion.ofUncompleted(outcome);
  }

  /// The id of the handler of an attempt.
  ///
  /// @param isFuture whether its exit value is the result
  public static Json attemptId(int number, int of, boolean isFuture) {
    var id = Json.object(ATTEMPT, number).with(OF, of);
    return isFuture ? id.with(FUTURE, number) : id;
  }

  /// Whether the child is an attempt at what its parent supervises.
  public boolean isAttempt() {
    return id instanceof Json.Object(var members) && members.containsKey(ATTEMPT);
  }

  /// The id of the handler of a callback, among its job's.
  public static Json callbackId(String name) {
    return Json.object(JobDefinition.CALLBACK, name);
  }

  /// The member of the id of a callback by which a person is asked whether a tool may be called:
  /// the key of the call.
  public static final String APPROVAL = "approval";

  /// The id of the handler of such a callback.
  ///
  /// @param call the key of the call that it is about
  public static Json approvalId(String name, String call) {
    return Json.object(JobDefinition.CALLBACK, name).with(APPROVAL, call);
  }

  /// Whether a person is asked by it whether a tool may be called.
  public boolean isApproval() {
    return approves(id).isPresent();
  }

  /// The key of the call that a handler of that id asks about; empty if it asks about none.
  public static Optional<String> approves(@Nullable Json id) {
    return id instanceof Json.Object asked ? asked.text(APPROVAL) : Optional.empty();
  }

  /// The name of the callback whose handler this is; empty if it is a subtask's.
  public Optional<String> callback() {
    return id instanceof Json.Object named ? named.text(JobDefinition.CALLBACK) : Optional.empty();
  }

  /// The state the parent sees.
  public SubTaskState state(JobStatus child) {
    return switch (completion) {
      case null -> child == JobStatus.READY ? SubTaskState.WAITING : SubTaskState.STARTED;
      case Completion.Result ignored -> SubTaskState.COMPLETED;
      case Completion.Error ignored -> SubTaskState.ERROR;
    };
  }
}
