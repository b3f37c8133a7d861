package dev.errand.engine;

import dev.errand.agent.Tool;
import dev.errand.job.AgentSpec;
import dev.errand.job.Blob;
import dev.errand.job.Checkpoint;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.NewJob;
import dev.errand.job.RefusedException;
import dev.errand.job.Slot;
import dev.errand.job.StoredForm;
import dev.errand.job.Subtask;
import dev.errand.job.Value;
import dev.errand.job.Wait;
import dev.errand.spi.Change;
import dev.errand.spi.Host;
import dev.errand.spi.Store;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
 *  - creating a child needs no answer from outside: it is committed with whatever is committed next. Its id follows
 *    from its parent and ordinal, so a replay that creates it again is recognised here and by the store;
 *  - a child created without a handler is held back until it gets one, or until the code waits, calls a tool that is
 *    not READ_ONLY or ends its block, or a second has gone by, lest it begin (and look for its handler) in between. No
 *    progress beyond its creation is committed before it.
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
  private final Map<Slot, Effect> journal = new HashMap<>();
  private final Map<JobId, Known> children = new HashMap<>();
  private final Map<Json, JobId> subtaskIds = new HashMap<>();
  private final Map<JobId, Change.Created> heldBack = new LinkedHashMap<>();
  private List<String> chunks = List.of();
  private boolean hadChildren;
  private int turn;
  private int created;
  private boolean completed;

  /// A child that this job created: `digest` of what was asked for.
  private record Known(String digest, Host.Child child) {}

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
    this.created = job.progress().created();
    this.hadChildren = created > 0;
  }

  /// Learns what was recorded after the checkpoint at which the block begins, or begins again.
  void begin(boolean mayBeReplay) {
    var progress = writer.progress();
    turn = progress.turn();
    journal.clear();
    heldBack.clear();
    if (!mayBeReplay) {
      return;
    }
    for (var effect : store.journal(job.id(), turn, progress.statement())) {
      journal.put(effect.slot(), effect);
    }
    for (var child : childrenAfter(progress.created())) {
      remember(child.origin().digest(), Children.seen(child));
    }
  }

  /// The pieces of the checkpoint that the workspace was opened with.
  void opened(@Nullable Checkpoint state) {
    chunks = state == null ? List.of() : state.chunks();
  }

  /// What the driver itself recorded: readings of the clock and the like.
  List<Effect> readings() {
    return journal.values().stream()
        .filter(effect -> !effect.name().startsWith("errand."))
        .filter(effect -> effect.policy() == EffectPolicy.READ_ONLY)
        .toList();
  }

  /// The highest ordinal of a child that may exist.
  int created() {
    return created;
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
      var checkpoint = checkpoint(snapshot);
      chunks = checkpoint.chunks();
      changes.add(new Change.Checkpointed(checkpoint));
      long pending = (long) mark.console().length() - snapshot.printed();
      progress = progress.at(snapshot.statement(), snapshot.created(), pending);
    }
    writer.add(changes, progress);
  }

  private Checkpoint checkpoint(Snapshot snapshot) {
    var addresses = new ArrayList<String>();
    var fresh = new HashMap<String, Blob>();
    for (var piece : snapshot.pieces()) {
      switch (piece) {
        case Piece.Fresh(var content) -> {
          var address = content.address();
          fresh.put(address, content);
          addresses.add(address);
        }
        case Piece.Kept(var index) -> addresses.add(chunks.get(index));
      }
    }
    return new Checkpoint(snapshot.manifest(), addresses, fresh, snapshot.variables());
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
    var digest = digest(arguments.print());
    var known = recorded(slot, name, digest);
    if (known == null) {
      known = new Effect(slot, name, digest, tool.policy(), new Effect.Result.Intended());
      journal(known);
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
    var id = job.id().child(request.ordinal());
    var newJob = newJob(id, request);
    var known = children.get(id);
    if (known != null) {
      if (!known.digest().equals(newJob.digest())) {
        throw diverged("job " + id, "the creation of another job", known.child().agent());
      }
      return known.child();
    }
    if (id.depth() > definition.agent().limits().depth()) {
      throw new RefusedException(
          "RuntimeError",
          "Job "
              + job.id()
              + " is at depth "
              + job.id().depth()
              + ", the limit of agent "
              + definition.agent().name()
              + "; it cannot create a child below it.");
    }
    checkFree(request.subtaskId());
    var change = new Change.Created(newJob);
    if (request.subtaskId() == null) {
      writer.addHeld(change);
    } else {
      writer.add(change);
    }
    var child = Children.born(id, newJob.definition().agent().name(), request.subtaskId());
    remember(newJob.digest(), child);
    if (request.subtaskId() == null) {
      heldBack.put(id, change);
    } else {
      writer.commitShortly();
    }
    return child;
  }

  private NewJob newJob(JobId id, ChildRequest request) {
    var agent = agent(request);
    var locale = request.locale() == null ? definition.locale() : request.locale();
    var setup = new JobDefinition(agent, blocks(agent, request), request.parameters(), locale);
    var given = request.workspace();
    var workspace = given == null ? null : checkpoint(given);
    var subtask = request.subtaskId() == null ? null : Subtask.open(request.subtaskId());
    return new NewJob(id, null, setup, setup.address(), subtask, workspace);
  }

  /// A Java program is what its agent does, whoever delegates to it.
  private static List<CodeBlock> blocks(AgentSpec agent, ChildRequest request) {
    return agent.runtime().equals(JavaRuntime.NAME)
        ? List.of(new CodeBlock(CodeBlock.Kind.PROGRAM, agent.name()))
        : request.blocks();
  }

  private AgentSpec agent(ChildRequest request) {
    var own = definition.agent();
    var name = request.agent();
    if (name != null && name.equals(own.name())) {
      return own;
    }
    if (name == null) {
      return new AgentSpec(
          own.name(),
          own.instructions(),
          null,
          own.tools(),
          own.runtime(),
          own.restricted(),
          own.limits());
    }
    return registry
        .agent(name)
        .orElseGet(
            () ->
                new AgentSpec(
                    name,
                    request.agentForm().text("instructions").orElse(""),
                    request.agentForm().text("model").orElse(null),
                    List.of(),
                    "cpython",
                    true,
                    own.limits()));
  }

  private void checkFree(@Nullable Json subtaskId) {
    if (subtaskId == null || subtaskId instanceof Json.Null) {
      return;
    }
    var taken = subtaskIds.get(subtaskId);
    if (taken == null && hadChildren) {
      taken = store.childBySubtaskId(job.id(), subtaskId).map(JobRecord::id).orElse(null);
    }
    if (taken != null) {
      throw new RefusedException(
          "ValueError",
          "Sub-task id="
              + subtaskId.print()
              + " is taken by job "
              + taken
              + "; ids are unique per parent, choose another.");
    }
  }

  private void remember(String digest, Child child) {
    children.put(child.job(), new Known(digest, child));
    if (child.subtaskId() != null && !(child.subtaskId() instanceof Json.Null)) {
      subtaskIds.put(child.subtaskId(), child.job());
    }
    created = Math.max(created, child.job().ordinal());
  }

  @Override
  public Child attach(Mark mark, JobId id, Json subtaskId) {
    absorb(mark);
    var now = children.containsKey(id) ? children.get(id).child() : Children.seen(find(id));
    if (now.subtaskId() != null) {
      if (now.subtaskId().equals(subtaskId)) {
        return now;
      }
      throw new RefusedException("RuntimeError", "Job " + id + " has a sub-task handler already");
    }
    if (!id.parent().equals(java.util.Optional.of(job.id()))) {
      throw new RefusedException(
          "RuntimeError",
          "Job "
              + id
              + " is no child of job "
              + job.id()
              + "; only its parent can hold its handler");
    }
    checkFree(subtaskId);
    attach(id, subtaskId);
    var child = new Child(id, now.agent(), subtaskId, now.state(), now.completion());
    remember(
        children.containsKey(id) ? children.get(id).digest() : find(id).origin().digest(), child);
    writer.commitSoon();
    return child;
  }

  private void attach(JobId id, Json subtaskId) {
    var held = heldBack.remove(id);
    if (heldBack.isEmpty()) {
      writer.letGo();
    }
    if (held != null) {
      var bare = held.job();
      var withHandler =
          new NewJob(
              id,
              bare.key(),
              bare.definition(),
              bare.digest(),
              Subtask.open(subtaskId),
              bare.workspace());
      if (writer.replace(held, new Change.Created(withHandler))) {
        return;
      }
    }
    writer.add(new Change.Attached(id, subtaskId));
  }

  @Override
  public void complete(Mark mark, Completion completion) {
    absorb(mark);
    if (job.subtask() == null && find(job.id()).subtask() == null) {
      throw new RefusedException(
          "RuntimeError", "complete_sub_task requires sub_task_handler in current job locals");
    }
    // A job completes its handler once in its life, so one slot per statement is enough to know a
    // replay by.
    var slot = new Slot(turn, mark.statement(), Integer.MAX_VALUE);
    var digest = digest(StoredForm.write(completion).print());
    if (recorded(slot, COMPLETE, digest) != null) {
      journal.remove(slot);
      return;
    }
    if (completed) {
      throw new RefusedException("RuntimeError", "Sub-task handler is already completed");
    }
    completed = true;
    var done = new Effect.Result.Returned(Value.none());
    writer.add(
        new Change.Journalled(new Effect(slot, COMPLETE, digest, EffectPolicy.READ_ONLY, done)),
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
    requireKnown(handlers);
    var wait = new Wait(handlers, needed);
    boolean choice = needed < wait.handlers().size();
    if (choice) {
      var known = recorded(slot, ANY, digest(handlers.toString()));
      if (known != null) {
        return asRecorded(known);
      }
    }
    if (wait.handlers().size() > 1 || mayBeUnfinished(handlers.getFirst())) {
      suspend(wait);
    }
    var now = look(handlers);
    if (choice) {
      record(slot, ANY, handlers.toString(), now);
    }
    return now;
  }

  /// Whether it takes a suspension to know; a child that is not stored yet has surely not ended.
  private boolean mayBeUnfinished(JobId id) {
    return store
        .find(id)
        .map(child -> child.subtask() == null || child.subtask().completion() == null)
        .orElse(true);
  }

  private void requireKnown(List<JobId> handlers) {
    for (var id : handlers) {
      if (!children.containsKey(id) && store.find(id).isEmpty()) {
        throw new RefusedException("RuntimeError", "There is no job " + id + " to wait for");
      }
    }
  }

  private void suspend(Wait wait) {
    heldBack.clear();
    parking
        .park(job.id(), () -> writer.suspend(wait), writer::version)
        .ifPresent(claim -> writer.resume(claim.lease()));
  }

  @Override
  public List<Child> peek(Mark mark, int ordinal, List<JobId> handlers) {
    absorb(mark);
    var slot = new Slot(turn, mark.statement(), ordinal);
    return look(slot, PEEK, handlers.toString(), () -> look(handlers));
  }

  @Override
  public List<Child> children(Mark mark, int ordinal, @Nullable Json subtaskId) {
    absorb(mark);
    writer.commit();
    var slot = new Slot(turn, mark.statement(), ordinal);
    Supplier<List<Child>> now =
        () ->
            subtaskId == null
                ? childrenAfter(0).stream().map(Children::seen).toList()
                : store.childBySubtaskId(job.id(), subtaskId).stream().map(Children::seen).toList();
    return look(slot, LIST, subtaskId == null ? "" : subtaskId.print(), now);
  }

  private List<Child> look(Slot slot, String kind, String of, Supplier<List<Child>> now) {
    var known = recorded(slot, kind, digest(of));
    if (known != null) {
      return asRecorded(known);
    }
    var seen = now.get();
    record(slot, kind, of, seen);
    return seen;
  }

  private void record(Slot slot, String kind, String of, List<Child> seen) {
    journal(
        new Effect(
            slot,
            kind,
            digest(of),
            EffectPolicy.READ_ONLY,
            new Effect.Result.Returned(new Value.Plain(Children.record(seen)))));
  }

  private List<Child> asRecorded(Effect known) {
    var lines = ((Json.Array) ((Value.Plain) answer(known.result())).json()).items();
    return lines.stream()
        .map(Json.Object.class::cast)
        .map(
            line ->
                Children.asRecorded(
                    line, Children.seen(find(new JobId(line.text("job").orElseThrow())))))
        .toList();
  }

  /// The handlers as they are now; one that is not stored yet is as it was created.
  private List<Child> look(List<JobId> handlers) {
    if (handlers.size() <= 16) {
      return handlers.stream().map(this::lookAt).toList();
    }
    var all = new HashMap<JobId, Child>();
    childrenAfter(0).forEach(child -> all.put(child.id(), Children.seen(child)));
    return handlers.stream()
        .map(id -> all.containsKey(id) ? Objects.requireNonNull(all.get(id)) : lookAt(id))
        .toList();
  }

  private Child lookAt(JobId id) {
    return store
        .find(id)
        .map(Children::seen)
        .orElseGet(
            () -> {
              var known = children.get(id);
              if (known == null) {
                throw new RefusedException("RuntimeError", "There is no job " + id);
              }
              return known.child();
            });
  }

  private JobRecord find(JobId id) {
    return store
        .find(id)
        .or(
            () -> {
              writer.commit();
              return store.find(id);
            })
        .orElseThrow(() -> new RefusedException("RuntimeError", "There is no job " + id));
  }

  private List<JobRecord> childrenAfter(int ordinal) {
    var all = new ArrayList<JobRecord>();
    int after = ordinal;
    while (true) {
      var page = store.children(job.id(), after, 1000);
      all.addAll(page);
      if (page.size() < 1000) {
        return all;
      }
      after = page.getLast().id().ordinal();
    }
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

  private @Nullable Effect recorded(Slot slot, String name, String digest) {
    var known = journal.get(slot);
    if (known != null && !(known.name().equals(name) && known.digest().equals(digest))) {
      throw diverged(
          slot.key(job.id()), "a call of " + name, known.name() + " was called there before");
    }
    return known;
  }

  private void journal(Effect effect) {
    journal.put(effect.slot(), effect);
    writer.add(new Change.Journalled(effect));
  }

  private static RefusedException diverged(String where, String now, String before) {
    return new RefusedException(
        "ReplayDivergence",
        "At "
            + where
            + " the code asks for "
            + now
            + " with these arguments, but "
            + before
            + ", or with other arguments. Nothing was done a second time; the statement depends on"
            + " something that changed between its two passes.");
  }

  private static String digest(String text) {
    return new Blob(text.getBytes(StandardCharsets.UTF_8)).address();
  }
}
