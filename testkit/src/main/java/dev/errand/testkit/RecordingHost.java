package dev.errand.testkit;

import dev.errand.job.Blob;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.DurableObject;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.ObjectConflictException;
import dev.errand.job.Outcome;
import dev.errand.job.RefusedException;
import dev.errand.job.Slot;
import dev.errand.job.SubTaskState;
import dev.errand.job.Value;
import dev.errand.job.Wait;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A host for one job that keeps in memory what an engine would commit, for tests of workspaces.
///
/// It knows at every moment from where the job's block would be carried out again: [#state] and
/// [#again]. Tools are given with [#tool]; children are remembered and end when a test says so. A
/// wait for a child that has not ended does what [#whenWaiting] says, by default suspend the job.
public final class RecordingHost implements Host {
  private final JobId job;
  private final Map<String, Function<Json.Object, Value>> tools = new LinkedHashMap<>();
  private final Map<JobId, ChildJob> children = new LinkedHashMap<>();
  private final Map<JobId, ChildJob> others = new LinkedHashMap<>();
  private final Map<Slot, Effect> journal = new LinkedHashMap<>();
  private final Map<Slot, List<Child>> answers = new LinkedHashMap<>();
  private final Map<Slot, Instant> moments = new LinkedHashMap<>();
  private final Map<Slot, String> drawn = new LinkedHashMap<>();
  private final Map<Slot, DurableObject> looks = new LinkedHashMap<>();
  private final Set<Slot> changes = new HashSet<>();
  private Map<String, DurableObject> objects = new LinkedHashMap<>();
  private final List<Mark> marks = new ArrayList<>();
  private final List<String> effects = new ArrayList<>();
  private final StringBuilder console = new StringBuilder();
  private List<Effect> readings = new ArrayList<>();
  private WorkspaceRuntime.@Nullable State state;
  private @Nullable Completion completion;
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private boolean subtask;
  private final Set<String> asking = new HashSet<>();
  private final List<Integer> numbers = new ArrayList<>();
  private boolean tookNumber;
  private int turn;
  private int statement;
  private int created;
  private long printed;
  private int replayable;
  private boolean showing;
  private Runnable wait =
      () -> {
        throw new Suspended();
      };
  private Runnable before = () -> {};
  private Runnable after = () -> {};

  /// The host of a job without children.
  public RecordingHost(JobId job) {
    this.job = job;
  }

  /// Thrown by a wait that suspends the job.
  static final class Suspended extends Error {
    private static final long serialVersionUID = 1L;
  }

  /// A child that the job created.
  public static final class ChildJob {
    private final JobId id;
    private final ChildRequest request;
    private @Nullable Json subtaskId;
    private @Nullable Completion completion;

    private ChildJob(JobId id, ChildRequest request) {
      this.id = id;
      this.request = request;
      this.subtaskId = request.subtaskId();
    }

    /// Its id.
    public JobId id() {
      return id;
    }

    /// As it was asked for.
    public ChildRequest request() {
      return request;
    }

    /// The handler's id; null where it has no handler.
    public @Nullable Json subtaskId() {
      return subtaskId;
    }

    /// How its handler ended; null while it has not.
    public @Nullable Completion completion() {
      return completion;
    }

    /// Ends its handler.
    public void end(Completion how) {
      completion = how;
    }

    private Child seen() {
      var seen =
          switch (completion) {
            case null -> SubTaskState.STARTED;
            case Completion.Result ignored -> SubTaskState.COMPLETED;
            case Completion.Error ignored -> SubTaskState.ERROR;
          };
      var agent = request.agent();
      return new Child(id, agent == null ? "main" : agent, subtaskId, seen, completion);
    }
  }

  /// Offers a tool.
  public RecordingHost tool(String name, Function<Json.Object, Value> tool) {
    tools.put(name, tool);
    return this;
  }

  /// Puts another job's end into the store, which is none of this job's business.
  public RecordingHost beside(JobId other, Completion ended) {
    var request =
        new ChildRequest(1, "main", Json.Object.EMPTY, List.of(), null, null, Briefing.NONE);
    var known = new ChildJob(other, request);
    known.end(ended);
    others.put(other, known);
    return this;
  }

  /// Offers the tools that another job has.
  public RecordingHost toolsOf(RecordingHost other) {
    tools.putAll(other.tools);
    return this;
  }

  /// Lets the job have the durable objects that another has.
  public RecordingHost objectsOf(RecordingHost other) {
    objects = other.objects;
    return this;
  }

  /// The durable objects, in the order in which they were made.
  public List<DurableObject> objects() {
    return List.copyOf(objects.values());
  }

  /// Changes a durable object, or makes it, as another job or the application would.
  public void put(DurableObject object) {
    objects.put(object.id(), object);
  }

  /// Makes the job one that has a handler to complete.
  public RecordingHost asSubtask() {
    subtask = true;
    return this;
  }

  /// Makes the blocks that follow a model's, which is shown the values of their last expressions.
  public RecordingHost showing() {
    showing = true;
    return this;
  }

  /// Gives the job the variables that its parent sent.
  public RecordingHost startingFrom(@Nullable Snapshot workspace) {
    state = workspace == null ? null : resolved(workspace, null);
    return this;
  }

  /// Puts another piece in the place of each that is stored, as nobody but the store's owner can.
  RecordingHost forging(Blob piece) {
    return rewriting(
        part ->
            new WorkspaceRuntime.Part(
                part.number(), part.head(), Collections.nCopies(part.chunks().size(), piece)));
  }

  /// Puts other parts in the place of those that are stored.
  RecordingHost rewriting(UnaryOperator<WorkspaceRuntime.Part> part) {
    var stored = Objects.requireNonNull(state, "nothing is stored");
    state = new WorkspaceRuntime.State(stored.parts().stream().map(part).toList());
    return this;
  }

  /// Says what happens when code waits for a child that has not ended: it may end children, or
  /// throw.
  public RecordingHost whenWaiting(Runnable wait) {
    this.wait = wait;
    return this;
  }

  /// Says what happens at every call before the host does anything, and after it did all but
  /// answer; either may throw.
  public RecordingHost aroundCalls(Runnable before, Runnable after) {
    this.before = before;
    this.after = after;
    return this;
  }

  /// The run that carries out the job's current block from where it stands.
  public Workspace.Run again(CodeBlock block) {
    return new Workspace.Run(
        turn,
        block,
        statement,
        created,
        printed,
        readings,
        List.of(),
        showing,
        Workspace.Run.AT_THE_END);
  }

  /// Goes on to the next block, after one that ended with `mark`.
  public void over(Mark mark) {
    take(mark);
    turn++;
    statement = 0;
    printed = 0;
    readings = new ArrayList<>();
  }

  /// The variables at the last checkpoint; null before the first.
  public WorkspaceRuntime.@Nullable State state() {
    return state;
  }

  /// All that was printed, as it was committed.
  public String console() {
    return console.toString();
  }

  /// The tool calls that were really made, in order, as `tool(arguments)`.
  public List<String> effects() {
    return List.copyOf(effects);
  }

  /// All marks, in order.
  public List<Mark> marks() {
    return List.copyOf(marks);
  }

  /// The children, in the order of their creation.
  public List<ChildJob> childJobs() {
    return List.copyOf(children.values());
  }

  /// How the job completed its own handler; null while it has not.
  public @Nullable Completion completion() {
    return completion;
  }

  /// How many answers were recorded to be given again.
  public int replayable() {
    return replayable;
  }

  @Override
  public void note(Mark mark) {
    around(mark, () -> null);
  }

  @Override
  public boolean tookNumber() {
    return tookNumber;
  }

  /// A person is asked before calls of that tool.
  void askBefore(String tool) {
    asking.add(tool);
  }

  /// The numbers that were given to questions, in the order of the calls.
  List<Integer> numbers() {
    return List.copyOf(numbers);
  }

  @Override
  public Value call(Mark mark, int ordinal, int child, String tool, Json.Object arguments) {
    tookNumber = asking.contains(tool);
    if (tookNumber) {
      numbers.add(child);
    }
    return around(
        mark,
        () -> {
          var text = tool + arguments.print();
          var slot = new Slot(turn, mark.statement(), ordinal);
          var known = journal.get(slot);
          if (known == null) {
            effects.add(text);
            known = new Effect(slot, text, "", EffectPolicy.IDEMPOTENT, carryOut(tool, arguments));
            journal.put(slot, known);
          } else if (!known.name().equals(text)) {
            throw new RefusedException("ReplayDivergence", text + " is not " + known.name());
          }
          return switch (known.result()) {
            case Effect.Result.Returned(var value) -> value;
            case Effect.Result.Raised(var type, var message) ->
                throw new RefusedException(type, message);
            case Effect.Result.Intended ignored -> throw new IllegalStateException();
            case Effect.Result.Unknown ignored -> throw new IllegalStateException();
          };
        });
  }

  private Effect.Result carryOut(String name, Json.Object arguments) {
    try {
      var tool = tools.get(name);
      if (tool == null) {
        throw new RefusedException("NameError", "no tool " + name);
      }
      return new Effect.Result.Returned(tool.apply(arguments));
    } catch (RefusedException refused) {
      var message = refused.getMessage();
      return new Effect.Result.Raised(refused.type(), message == null ? "" : message);
    }
  }

  @Override
  public Child create(Mark mark, ChildRequest request) {
    return around(
        mark,
        () -> {
          var id = job.child(request.ordinal());
          var taken = request.subtaskId() == null ? null : byId(request.subtaskId());
          if (taken != null && !taken.id.equals(id)) {
            throw new RefusedException("ValueError", "Sub-task id is taken by " + taken.id);
          }
          return children.computeIfAbsent(id, free -> new ChildJob(free, request)).seen();
        });
  }

  @Override
  public Child attach(Mark mark, JobId child, Json subtaskId) {
    return around(
        mark,
        () -> {
          var known = child(child);
          known.subtaskId = subtaskId;
          return known.seen();
        });
  }

  @Override
  public void cancel(Mark mark, int ordinal, JobId of, String reason) {
    around(
        mark,
        () -> {
          var child = child(of);
          if (child.completion() == null) {
            child.end(Completion.ofUncompleted(new Outcome.Cancelled(reason)));
          }
          return null;
        });
  }

  @Override
  public long tell(Mark mark, int ordinal, JobId to, String text, boolean revives) {
    return around(mark, () -> (long) marks.size());
  }

  @Override
  public void report(Mark mark, int ordinal, String text) {
    around(mark, () -> null);
  }

  @Override
  public void complete(Mark mark, Completion how) {
    around(
        mark,
        () -> {
          if (completion == null) {
            completion = how;
          }
          return null;
        });
  }

  @Override
  public List<Child> await(Mark mark, int ordinal, Wait on) {
    var handlers = on.handlers();
    return around(
        mark,
        () -> {
          if (ended(handlers) < on.needed()) {
            wait.run();
          }
          if (ended(handlers) < on.needed() && on.until() == null) {
            throw new IllegalStateException("Nobody ended " + handlers);
          }
          return recorded(
              mark,
              ordinal,
              "await",
              () -> seen(handlers).stream().filter(seen -> seen.completion() != null).toList());
        });
  }

  @Override
  public Instant later(Mark mark, int ordinal, Duration delay) {
    return around(
        mark,
        () ->
            moments.computeIfAbsent(
                new Slot(turn, mark.statement(), ordinal), slot -> now.plus(delay)));
  }

  @Override
  public List<Child> peek(Mark mark, int ordinal, List<JobId> handlers) {
    return around(mark, () -> recorded(mark, ordinal, "peek", () -> seen(handlers)));
  }

  @Override
  public List<Child> children(Mark mark, int ordinal, @Nullable Json subtaskId) {
    return around(
        mark,
        () ->
            recorded(
                mark,
                ordinal,
                "children",
                () ->
                    children.values().stream()
                        .filter(child -> subtaskId == null || subtaskId.equals(child.subtaskId))
                        .map(ChildJob::seen)
                        .toList()));
  }

  @Override
  public List<String> replies(Mark mark, int ordinal, JobId other) {
    return around(mark, () -> List.of());
  }

  @Override
  public String newObject(Mark mark, int ordinal) {
    return around(
        mark,
        () ->
            drawn.computeIfAbsent(
                new Slot(turn, mark.statement(), ordinal), slot -> "object-" + slot.key(job)));
  }

  @Override
  public DurableObject object(Mark mark, int ordinal, String id) {
    return around(
        mark,
        () -> {
          var object = objects.get(id);
          if (object == null) {
            throw new RefusedException("LookupError", "There is no durable object " + id);
          }
          return looks.computeIfAbsent(new Slot(turn, mark.statement(), ordinal), slot -> object);
        });
  }

  @Override
  public void change(Mark mark, int ordinal, List<DurableObject> changed) {
    around(
        mark,
        () -> {
          if (changes.add(new Slot(turn, mark.statement(), ordinal))) {
            changed.forEach(this::change);
          }
          return null;
        });
  }

  private void change(DurableObject object) {
    var before = objects.get(object.id());
    if ((before == null ? 0 : before.version()) != object.version() - 1) {
      throw new ObjectConflictException(object);
    }
    objects.put(object.id(), object);
  }

  @Override
  public Json.Object job() {
    return Json.object("id", job.text())
        .with("key", null)
        .with("agent", "main")
        .with("parent", job.parent().map(JobId::text).orElse(null))
        .with("status", "STARTED")
        .with("subtask", subtask)
        .with("locale", null);
  }

  private List<Child> recorded(Mark mark, int ordinal, String kind, Supplier<List<Child>> answer) {
    var slot = new Slot(turn, mark.statement(), ordinal);
    var known = answers.get(slot);
    if (known != null) {
      replayable++;
      return known;
    }
    if (journal.containsKey(slot)) {
      throw new RefusedException("ReplayDivergence", kind + " is not " + journal.get(slot).name());
    }
    known = answer.get();
    answers.put(slot, known);
    return known;
  }

  private <T extends @Nullable Object> T around(Mark mark, Supplier<T> work) {
    before.run();
    take(mark);
    var answer = work.get();
    after.run();
    return answer;
  }

  private void take(Mark mark) {
    marks.add(mark);
    console.append(mark.console());
    var snapshot = mark.snapshot();
    if (snapshot == null) {
      printed += mark.console().length();
    } else {
      state = resolved(snapshot, state);
      statement = snapshot.statement();
      created = snapshot.created();
      printed = (long) mark.console().length() - snapshot.printed();
      readings = new ArrayList<>();
    }
    readings.addAll(mark.readings());
  }

  private static WorkspaceRuntime.State resolved(
      Snapshot snapshot, WorkspaceRuntime.@Nullable State last) {
    var before = new TreeMap<Integer, WorkspaceRuntime.Part>();
    if (last != null) {
      last.parts().forEach(part -> before.put(part.number(), part));
    }
    var now = new TreeMap<>(before);
    now.keySet().removeAll(snapshot.dropped());
    for (var part : snapshot.parts()) {
      now.put(part.number(), resolved(part, before));
    }
    return new WorkspaceRuntime.State(List.copyOf(now.values()));
  }

  private static WorkspaceRuntime.Part resolved(
      Host.Part part, Map<Integer, WorkspaceRuntime.Part> before) {
    var chunks = new @Nullable Blob[part.length()];
    var own = before.get(part.number());
    for (int place = 0;
        own != null && place < own.chunks().size() && place < chunks.length;
        place++) {
      chunks[place] = own.chunks().get(place);
    }
    for (var piece : part.pieces()) {
      switch (piece) {
        case Piece.Fresh(var place, var content) -> chunks[place] = content;
        case Piece.Kept(var place, var number, var from, var count) -> {
          var kept = Objects.requireNonNull(before.get(number), "kept pieces of no co-variable");
          for (int i = 0; i < count; i++) {
            chunks[place + i] = kept.chunks().get(from + i);
          }
        }
      }
    }
    return new WorkspaceRuntime.Part(
        part.number(), part.head(), Stream.of(chunks).<Blob>map(Objects::requireNonNull).toList());
  }

  private long ended(List<JobId> handlers) {
    return handlers.stream().filter(id -> child(id).completion != null).count();
  }

  private List<Child> seen(List<JobId> handlers) {
    return handlers.stream().map(id -> child(id).seen()).toList();
  }

  private @Nullable ChildJob byId(Json subtaskId) {
    return subtaskId instanceof Json.Null
        ? null
        : children.values().stream()
            .filter(child -> subtaskId.equals(child.subtaskId))
            .findFirst()
            .orElse(null);
  }

  private ChildJob child(JobId id) {
    var child = children.getOrDefault(id, others.get(id));
    if (child == null) {
      throw new IllegalStateException("There is no child " + id);
    }
    return child;
  }
}
