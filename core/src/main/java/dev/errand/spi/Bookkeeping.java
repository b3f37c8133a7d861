package dev.errand.spi;

import dev.errand.job.Completion;
import dev.errand.job.Effect;
import dev.errand.job.EffectKey;
import dev.errand.job.Entry;
import dev.errand.job.Finding;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Subtask;
import dev.errand.job.TaskError;
import dev.errand.job.Value;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The entries that a store records by itself, so that every store writes the same history.
public final class Bookkeeping {
  /// The member of a message that asks a job to end: why.
  public static final String STOP = "stop";

  private static final int TEXT_CHARACTERS = 200;

  private Bookkeeping() {}

  /// The entries of a new job: `JOB_CREATED`, or `SUBTASK_SPAWNED` for a child with a handler, and
  /// a `SIGNAL` where a message awaits it.
  public static List<Change.Recorded> begun(NewJob job) {
    var message = job.message();
    return message == null
        ? List.of(created(job))
        : List.of(
            created(job), new Change.Recorded(0, Entry.Kind.SIGNAL, Json.object("text", message)));
  }

  private static Change.Recorded created(NewJob job) {
    var agent = job.definition().agent().name();
    if (job.subtask() != null && job.id().parent().isPresent()) {
      return spawned(0, agent, job.subtask().id());
    }
    var data = Json.object("agent", agent);
    return new Change.Recorded(
        0, Entry.Kind.JOB_CREATED, job.key() == null ? data : data.with("key", job.key()));
  }

  /// The entry of a job that was forked from another.
  public static Change.Recorded forked(String agent, JobId from, int turn) {
    return new Change.Recorded(
        0,
        Entry.Kind.JOB_CREATED,
        Json.object("agent", agent).with("from", from.text()).with("at", turn));
  }

  /// Whether a fork takes entries of that kind along: those that tell of what was said and done,
  /// not of how the job came to be, ended, or fared.
  public static boolean isForked(Entry.Kind kind) {
    return switch (kind) {
      case MESSAGE,
          RECALLED,
          REPLY,
          CONSOLE,
          PROGRESS,
          EXCEPTION,
          NOTIFICATION,
          REMINDER,
          TOOL,
          COMPACTED,
          RECEIPT,
          EFFECT_UNKNOWN,
          EFFECT_RESOLVED ->
          true;
      case JOB_CREATED,
          SUBTASK_SPAWNED,
          SUBTASK_REFUSED,
          PERMISSION_GRANTED,
          SUBTASK_COMPLETED,
          SUBTASK_FAILED,
          SUBTASK_CANCELLED,
          SUBTASK_TIMED_OUT,
          JOB_STOPPING,
          BUDGET_SPENT,
          JOB_FAILING,
          JOB_ENDED,
          JOB_REVIVED,
          SIGNAL,
          NOTICE ->
          false;
    };
  }

  /// The entry of a handler given to a child that stands at `turn`.
  public static Change.Recorded spawned(int turn, String agent, Json subtaskId) {
    return new Change.Recorded(
        turn,
        Entry.Kind.SUBTASK_SPAWNED,
        titled(subtaskId, Json.object("agent", agent).with("id", subtaskId)));
  }

  /// What a model's own subtask is called, and how deep it is, stands beside its id.
  private static Json.Object titled(Json subtaskId, Json.Object data) {
    if (!(subtaskId instanceof Json.Object id) || id.get(Subtask.TITLE).isEmpty()) {
      return data;
    }
    return data.with(Subtask.TITLE, id.get(Subtask.TITLE).orElseThrow())
        .with(Subtask.DEPTH, id.get(Subtask.DEPTH).orElse(Json.Null.VALUE));
  }

  /// The entry of a handler that the child or the application completed.
  public static Change.Recorded completed(int turn, Json subtaskId, Completion completion) {
    var kind =
        switch (completion) {
          case Completion.Result ignored -> Entry.Kind.SUBTASK_COMPLETED;
          case Completion.Error ignored -> Entry.Kind.SUBTASK_FAILED;
        };
    return handlerEnded(turn, kind, subtaskId, completion);
  }

  /// The entry of a handler that nobody completed before its job ended.
  public static Change.Recorded uncompleted(int turn, Subtask handler, Outcome outcome) {
    var kind =
        switch (outcome) {
          case Outcome.Cancelled ignored -> Entry.Kind.SUBTASK_CANCELLED;
          case Outcome.TimedOut ignored -> Entry.Kind.SUBTASK_TIMED_OUT;
          case Outcome.Succeeded ignored ->
              handler.endsWithResult() ? Entry.Kind.SUBTASK_COMPLETED : Entry.Kind.SUBTASK_FAILED;
          case Outcome.Failed ignored -> Entry.Kind.SUBTASK_FAILED;
          case Outcome.BudgetExhausted ignored -> Entry.Kind.SUBTASK_FAILED;
        };
    return handlerEnded(turn, kind, handler.id(), handler.completedBy(outcome));
  }

  /// The entry of a job's end.
  public static Change.Recorded ended(int turn, Outcome outcome) {
    var text =
        switch (outcome) {
          case Outcome.Succeeded(var value) -> value.text();
          case Outcome.Failed(var error) -> error.message();
          case Outcome.Cancelled(var reason, var partial) -> reason;
          case Outcome.TimedOut(var reason, var partial) -> reason;
          case Outcome.BudgetExhausted(var reason, var partial) -> reason;
        };
    return new Change.Recorded(
        turn,
        Entry.Kind.JOB_ENDED,
        Json.object("outcome", outcome.code()).with("text", shortened(text)));
  }

  /// The entry of a job that is to end, and stands at `turn`.
  public static Change.Recorded stopping(int turn, Outcome outcome) {
    var ended = ended(turn, outcome).data();
    return new Change.Recorded(turn, Entry.Kind.JOB_STOPPING, ended);
  }

  /// How a job is to end whose deadline has passed.
  public static Outcome late(Instant deadline) {
    return new Outcome.TimedOut("its deadline, " + deadline + ", passed");
  }

  /// How a job ends before it begins that is one too many below `root`.
  public static Outcome oneTooMany(JobId root) {
    return new Outcome.Failed(
        TaskError.of(
            TaskError.Kind.LIMIT,
            "The tree of job " + root + " has as many jobs as it may have in all",
            "Delegate less, or raise the limit of descendants of the root's agent"));
  }

  /// What a job had to show of which this is the last entry of kind `REPLY` or `PROGRESS`: the
  /// words of its model, or what it reported.
  public static Value partial(Json.Object last) {
    return last.text("text").map(Value::of).orElseGet(Value::none);
  }

  /// The entry of a job that was done and goes on.
  ///
  /// @param child whose end it is to hear of; null for a message
  public static Change.Recorded revived(int turn, @Nullable JobId child) {
    return new Change.Recorded(
        turn, Entry.Kind.JOB_REVIVED, Json.object("for", child == null ? "message" : child.text()));
  }

  /// Whether a job that ended like this goes on for a message, or for the end of a subtask: what
  /// was cancelled never does, and a limit is not outlived by those who report.
  public static boolean mayRevive(Outcome outcome, boolean forMessage) {
    return switch (outcome) {
      case Outcome.Succeeded ignored -> true;
      case Outcome.Failed(var error) -> forMessage || error.kind() != TaskError.Kind.LIMIT;
      case Outcome.TimedOut ignored -> forMessage;
      case Outcome.BudgetExhausted ignored -> forMessage;
      case Outcome.Cancelled ignored -> false;
    };
  }

  /// Whether a message to a job that supervises attempts is one to its last attempt: not if that
  /// has failed and may be followed by another one, which is told of it then.
  public static boolean isPassedOn(JobRecord supervisor, JobRecord attempt) {
    var handler = attempt.subtask();
    boolean failed = handler != null && handler.completion() instanceof Completion.Error;
    return !failed || supervisor.outcome() != null;
  }

  /// The entry of an effect that somebody found out about, as it was before; the job stands at
  /// `turn`.
  public static Change.Recorded resolved(int turn, EffectKey key, Effect effect, Finding finding) {
    var data =
        Json.object("key", key.text())
            .with("tool", effect.name())
            .with("told", effect.result() instanceof Effect.Result.Unknown);
    var found =
        switch (finding) {
          case Finding.Returned(var value) ->
              data.with("finding", "returned").with("result", shortened(value.text()));
          case Finding.Raised(var message) ->
              data.with("finding", "raised").with("error", shortened(message));
          case Finding.NotMade ignored -> data.with("finding", "not_made");
        };
    return new Change.Recorded(turn, Entry.Kind.EFFECT_RESOLVED, found);
  }

  private static Change.Recorded handlerEnded(
      int turn, Entry.Kind kind, Json subtaskId, Completion completion) {
    var text =
        switch (completion) {
          case Completion.Result(var value) -> value.text();
          case Completion.Error(var error) -> error.message();
        };
    return new Change.Recorded(
        turn, kind, Json.object("id", subtaskId).with("text", shortened(text)));
  }

  /// The whole value is kept with the job; history has what a line of it can show.
  private static String shortened(String text) {
    if (text.length() <= TEXT_CHARACTERS) {
      return text;
    }
    int last = TEXT_CHARACTERS - 2;
    return text.substring(0, Character.isHighSurrogate(text.charAt(last)) ? last : last + 1) + "…";
  }
}
