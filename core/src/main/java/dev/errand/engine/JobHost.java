package dev.errand.engine;

import dev.errand.agent.Tool;
import dev.errand.job.Checkpoint;
import dev.errand.job.Completion;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.RefusedException;
import dev.errand.job.Slot;
import dev.errand.job.Value;
import dev.errand.job.Variable;
import dev.errand.job.Wait;
import dev.errand.spi.Change;
import dev.errand.spi.Host;
import dev.errand.spi.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/*
 * What code asks of the engine, turned into changes.
 *
 * Replay. A block is carried out from its last committed checkpoint. All that happened after that checkpoint and was
 * committed is known here when the block begins: the journal lines from that statement on, the children created after it,
 * and (in Progress.printed) how much console. Code asks for the same things in the same order, so each question
 * finds its recorded answer, and the first one without an answer is where the earlier pass was cut off. A question that
 * does not match what is recorded at its slot is refused as ReplayDivergence; nothing is done a second time.
 *
 * What must be committed before what:
 *  - a tool that is not READ_ONLY is called after its intention is committed; the outcome may follow later, for
 *    without it the tool's policy decides what a replay does;
 *  - creating a child is told in Children.
 *
 * Only the job's own thread uses this object.
 */
final class JobHost implements Host {
  private static final String PEEK = "errand.peek";
  private static final String LIST = "errand.children";
  private static final String ANY = "errand.any";
  private static final String COMPLETE = "errand.complete";

  private final Store store;
  private final Registry registry;
  private final JobRecord job;
  private final JobDefinition definition;
  private final StepWriter writer;
  private final Parking parking;
  private final Journal journal;
  private final Children children;
  private final CoVariables coVariables = new CoVariables();
  private int turn;
  private boolean completed;

  JobHost(
      Store store,
      Registry registry,
      JobRecord job,
      JobDefinition definition,
      StepWriter writer,
      Parking parking) {
    this.store = store;
    this.registry = registry;
    this.job = job;
    this.definition = definition;
    this.writer = writer;
    this.parking = parking;
    this.completed = job.subtask() != null && job.subtask().completion() != null;
    this.journal = new Journal(job.id(), writer);
    this.children = new Children(store, registry, job, definition, writer);
  }

  /// Learns what was recorded after the checkpoint at which the block begins, or begins again.
  void begin(boolean mayBeReplay) {
    var progress = writer.progress();
    turn = progress.turn();
    children.released();
    journal.begin(mayBeReplay ? store.journal(job.id(), turn, progress.statement()) : List.of());
    if (mayBeReplay) {
      children.learnAfter(progress.created());
    }
  }

  /// The pieces of the checkpoint that the workspace was opened with.
  void opened(@Nullable Checkpoint state) {
    coVariables.opened(state);
  }

  /// What the driver itself recorded; see [Journal#readings].
  List<Effect> readings() {
    return journal.readings();
  }

  /// The highest ordinal of a child that may exist.
  int created() {
    return children.created();
  }

  @Override
  public void note(Mark mark) {
    absorb(mark);
    writer.commitSoon();
  }

  /// Takes over what a mark brings, to be committed with what comes next.
  void absorb(Mark mark) {
    var changes = new ArrayList<Change>();
    var progress = writer.progress();
    if (!mark.console().isEmpty()) {
      changes.add(
          new Change.Recorded(turn, Entry.Kind.CONSOLE, Json.object("text", mark.console())));
      progress = progress.printedMore(mark.console().length());
    }
    mark.readings().forEach(reading -> changes.add(new Change.Journalled(reading)));
    var snapshot = mark.snapshot();
    if (snapshot != null) {
      coVariables.newlyLost(snapshot).forEach(variable -> changes.add(receipt(variable)));
      var delta = coVariables.take(snapshot, turn);
      if (!delta.isEmpty()) {
        changes.add(new Change.Checkpointed(delta));
      }
      long pending = (long) mark.console().length() - snapshot.printed();
      progress = progress.at(snapshot.statement(), snapshot.created(), pending);
    }
    writer.add(changes, progress);
  }

  private Change receipt(Variable variable) {
    var text =
        "The variable '%s' (%s) cannot be kept: %s. It will be lost when the workspace is next restored."
            .formatted(variable.name(), variable.type(), variable.lost());
    return new Change.Recorded(
        turn,
        Entry.Kind.RECEIPT,
        Json.object("text", text).with("variable", variable.name()).with("type", variable.type()));
  }

  @Override
  public Value call(Mark mark, int ordinal, String name, Json.Object arguments) {
    absorb(mark);
    var slot = new Slot(turn, mark.statement(), ordinal);
    var tool =
        registry
            .tool(definition.agent(), name)
            .orElseThrow(
                () ->
                    new RefusedException(
                        "NameError",
                        "Agent " + definition.agent().name() + " has no tool " + name));
    var call = new Tool.Call(job.id(), slot.key(job.id()), arguments);
    if (tool.policy() == EffectPolicy.READ_ONLY) {
      writer.commitSoon();
      return answer(invoke(tool, call));
    }
    var digest = Journal.digest(arguments.print());
    var known = journal.recorded(slot, name, digest);
    if (known == null) {
      known = new Effect(slot, name, digest, tool.policy(), new Effect.Result.Intended());
      journal.record(known);
      writer.commit();
    } else if (!(known.result() instanceof Effect.Result.Intended)) {
      return answer(known.result());
    } else if (tool.policy() == EffectPolicy.AT_MOST_ONCE) {
      throw new RefusedException(
          "EffectUnknown",
          "The call of "
              + name
              + " ("
              + call.key()
              + ") was begun and its outcome is not known; "
              + "it is not made again. Find out what became of it before going on.");
    }
    var result = invoke(tool, call);
    writer.add(
        new Change.Journalled(known.with(result)),
        new Change.Recorded(turn, Entry.Kind.TOOL, toolEntry(call, name, result)));
    writer.commitSoon();
    return answer(result);
  }

  @SuppressWarnings("IllegalCatch")
  private static Effect.Result invoke(Tool tool, Tool.Call call) {
    try {
      return new Effect.Result.Returned(Value.of(tool.action().call(call)));
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new Dropped("interrupted in tool " + tool.name());
    } catch (Exception | AssertionError | LinkageError | StackOverflowError failed) {
      var message = failed.getMessage() == null ? failed.getClass().getName() : failed.getMessage();
      return new Effect.Result.Raised("ToolError", tool.name() + ": " + message);
    }
  }

  private static Value answer(Effect.Result result) {
    return switch (result) {
      case Effect.Result.Returned(var value) -> value;
      case Effect.Result.Raised(var type, var message) -> throw new RefusedException(type, message);
      case Effect.Result.Intended ignored ->
          throw new IllegalStateException("An intention is no answer");
    };
  }

  private static Json.Object toolEntry(Tool.Call call, String name, Effect.Result result) {
    var entry =
        Json.object("key", call.key()).with("tool", name).with("arguments", call.arguments());
    return switch (result) {
      case Effect.Result.Raised(var type, var message) -> entry.with("error", message);
      case Effect.Result.Returned(var value) -> entry.with("result", value.text());
      case Effect.Result.Intended ignored -> entry;
    };
  }

  @Override
  public Child create(Mark mark, ChildRequest request) {
    absorb(mark);
    var given = request.workspace();
    return children.create(request, given == null ? null : CoVariables.beginning(given));
  }

  @Override
  public Child attach(Mark mark, JobId child, Json subtaskId) {
    absorb(mark);
    return children.attach(child, subtaskId);
  }

  @Override
  public void complete(Mark mark, Completion completion) {
    absorb(mark);
    if (job.subtask() == null && children.find(job.id()).subtask() == null) {
      throw new RefusedException(
          "RuntimeError", "complete_sub_task requires sub_task_handler in current job locals");
    }
    // A job completes its handler once in its life, so one slot per statement is enough to know a
    // replay by.
    var slot = new Slot(turn, mark.statement(), Integer.MAX_VALUE);
    if (journal.recorded(slot, COMPLETE, "") != null) {
      journal.forget(slot);
      return;
    }
    if (completed) {
      throw new RefusedException("RuntimeError", "Sub-task handler is already completed");
    }
    completed = true;
    var done = new Effect.Result.Returned(Value.none());
    writer.add(
        new Change.Journalled(new Effect(slot, COMPLETE, "", EffectPolicy.READ_ONLY, done)),
        new Change.Completed(completion));
    writer.commitSoon();
  }

  /// Whether the handler is completed, as far as this worker knows.
  boolean completed() {
    return completed;
  }

  @Override
  public List<Child> await(Mark mark, int ordinal, List<JobId> handlers, int needed) {
    absorb(mark);
    var slot = new Slot(turn, mark.statement(), ordinal);
    children.requireKnown(handlers);
    var wait = new Wait(handlers, needed);
    boolean choice = needed < wait.handlers().size();
    if (choice) {
      var known = journal.recorded(slot, ANY, Journal.digest(handlers.toString()));
      if (known != null) {
        return asRecorded(known);
      }
    }
    if (wait.handlers().size() > 1 || children.mayBeUnfinished(handlers.getFirst())) {
      suspend(wait);
    }
    var now = children.look(handlers);
    if (choice) {
      record(slot, ANY, handlers.toString(), now);
    }
    return now;
  }

  private void suspend(Wait wait) {
    children.released();
    parking
        .park(job.id(), () -> writer.suspend(wait), writer::version)
        .ifPresent(claim -> writer.resume(claim.lease()));
  }

  @Override
  public List<Child> peek(Mark mark, int ordinal, List<JobId> handlers) {
    absorb(mark);
    var slot = new Slot(turn, mark.statement(), ordinal);
    return look(slot, PEEK, handlers.toString(), () -> children.look(handlers));
  }

  @Override
  public List<Child> children(Mark mark, int ordinal, @Nullable Json subtaskId) {
    absorb(mark);
    var slot = new Slot(turn, mark.statement(), ordinal);
    return look(
        slot, LIST, subtaskId == null ? "" : subtaskId.print(), () -> children.stored(subtaskId));
  }

  private List<Child> look(Slot slot, String kind, String of, Supplier<List<Child>> now) {
    var known = journal.recorded(slot, kind, Journal.digest(of));
    if (known != null) {
      return asRecorded(known);
    }
    var seen = now.get();
    record(slot, kind, of, seen);
    return seen;
  }

  private void record(Slot slot, String kind, String of, List<Child> seen) {
    journal.record(
        new Effect(
            slot,
            kind,
            Journal.digest(of),
            EffectPolicy.READ_ONLY,
            new Effect.Result.Returned(new Value.Plain(Seen.record(seen)))));
  }

  private List<Child> asRecorded(Effect known) {
    var lines = ((Json.Array) ((Value.Plain) answer(known.result())).json()).items();
    return lines.stream()
        .map(Json.Object.class::cast)
        .map(
            line ->
                Seen.asRecorded(
                    line, Seen.seen(children.find(new JobId(line.text("job").orElseThrow())))))
        .toList();
  }

  @Override
  public Json.Object job() {
    return Json.object("id", job.id().text())
        .with("key", job.origin().key())
        .with("agent", definition.agent().name())
        .with("parent", job.id().parent().map(JobId::text).orElse(null))
        .with("status", writer.status().name())
        .with("locale", definition.locale())
        .with("subtask", job.subtask() != null)
        .with("subtask_id", job.subtask() == null ? null : job.subtask().id());
  }
}
