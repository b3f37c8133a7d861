package dev.errand.engine;

import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import dev.errand.job.Blob;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.JobFailedException;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.RefusedException;
import dev.errand.job.StoredForm;
import dev.errand.job.SubTaskState;
import dev.errand.job.Subtask;
import dev.errand.job.TaskError;
import dev.errand.job.UnfinishedException;
import dev.errand.job.Value;
import dev.errand.job.Wait;
import dev.errand.spi.Host;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A program's view of its job: counts what it asks, so that a replay can be matched with it.
final class ProgramScope implements JobScope {
  private final JobId job;
  private final Json.Object variables;
  private final Host host;
  private final StringBuilder console = new StringBuilder();
  private long toDrop;
  private int ordinal;
  private int created;
  private @Nullable RuntimeException broken;
  private @Nullable Dropped dropped;

  ProgramScope(JobId job, Json.Object variables, Host host, long printedBefore) {
    this.job = job;
    this.variables = variables;
    this.host = host;
    this.toDrop = printedBefore;
  }

  /// The exception that ended the run from the engine's side; the program may have caught it, to no
  /// avail.
  @Nullable RuntimeException broken() {
    return broken;
  }

  /// Ends the run if the job was given up here, whatever the program made of that.
  ///
  /// @throws Dropped if so
  void requireNotDropped() {
    if (dropped != null) {
      throw dropped;
    }
  }

  Host.Mark mark() {
    var mark = new Host.Mark(0, console.toString(), List.of(), null);
    console.setLength(0);
    return mark;
  }

  private <T> T ask(Supplier<T> question) {
    requireNotDropped();
    if (broken != null) {
      throw broken;
    }
    try {
      return question.get();
    } catch (RefusedException refused) {
      throw refused;
    } catch (Dropped givenUp) {
      dropped = givenUp;
      throw givenUp;
    } catch (RuntimeException fatal) {
      broken = fatal;
      throw fatal;
    }
  }

  @Override
  public JobId id() {
    return job;
  }

  @Override
  public <T> T var(String name, Class<T> type) {
    return variables
        .get(name)
        .orElseThrow(
            () -> new IllegalArgumentException("Job " + job + " was given no variable " + name))
        .to(type);
  }

  @Override
  public void print(String line) {
    var text = line + "\n";
    int drop = (int) Math.min(toDrop, text.length());
    toDrop -= drop;
    console.append(text, drop, text.length());
    ask(
        () -> {
          host.note(mark());
          return true;
        });
  }

  @Override
  public Json call(String tool, Json.Object arguments) {
    return switch (ask(() -> called(tool, arguments))) {
      case Value.Plain(var json) -> json;
      case Value.Pickled pickled -> new Json.Text(pickled.text());
    };
  }

  private Value called(String tool, Json.Object arguments) {
    try {
      return host.call(mark(), ordinal++, created + 1, tool, arguments);
    } finally {
      created += host.tookNumber() ? 1 : 0;
    }
  }

  @Override
  public SubTaskHandler start(SubTaskSpec subtask) {
    return new Handle(create(subtask, subtask.form().get("id").orElse(Json.Null.VALUE)));
  }

  @Override
  public SubTaskHandler delegateTask(SubTaskSpec subtask) {
    return new Handle(createFuture(subtask));
  }

  @Override
  public SubTaskHandler delegateMuteTask(SubTaskSpec subtask) {
    return new Muted(createFuture(subtask));
  }

  private Host.Child createFuture(SubTaskSpec subtask) {
    if (subtask.form().get("id").isPresent()) {
      throw new IllegalArgumentException(
          "A task of which only the end matters has no id; start() it to give it one: " + subtask);
    }
    return create(subtask, Json.object(Subtask.FUTURE, created + 1));
  }

  private Host.Child create(SubTaskSpec subtask, Json id) {
    var request =
        new Host.ChildRequest(
            ++created,
            subtask.form().text("agent").orElseThrow(),
            Json.Object.EMPTY,
            blocks(subtask.form()),
            snapshot(subtask.form()),
            id,
            briefing(subtask.form()));
    return ask(() -> host.create(mark(), request));
  }

  private static List<CodeBlock> blocks(Json.Object form) {
    return form.get("code").stream()
        .flatMap(code -> ((Json.Array) code).items().stream())
        .map(block -> CodeBlock.python(((Json.Text) block).value()))
        .toList();
  }

  private static Host.@Nullable Snapshot snapshot(Json.Object form) {
    return form.get("vars")
        .map(given -> new Blob(given.print().getBytes(StandardCharsets.UTF_8)))
        .map(head -> Host.Snapshot.beginning(head, List.of(), List.of()))
        .orElse(null);
  }

  private static Host.Briefing briefing(Json.Object form) {
    return new Host.Briefing(
        (Json.Object) form.get("params").orElse(Json.Object.EMPTY),
        form.text("locale").orElse(null),
        form.text("message").orElse(null),
        (Json.Object) form.get("schema").orElse(null),
        form.number("millis").map(Duration::ofMillis).orElse(null),
        form.get("budget").map(Json.Object.class::cast).map(StoredForm::budget).orElse(null),
        form.get("retry").map(Json.Object.class::cast).map(StoredForm::retry).orElse(null),
        form.number("priority").map(Long::intValue).orElse(null));
  }

  @Override
  public List<SubTaskHandler> awaitAll(Collection<SubTaskHandler> handlers) {
    return awaitAll(handlers, null);
  }

  @Override
  public List<SubTaskHandler> awaitAll(
      Collection<SubTaskHandler> handlers, @Nullable Duration atMost) {
    var ids = handlers.stream().map(SubTaskHandler::job).distinct().toList();
    if (ids.isEmpty()) {
      return List.of();
    }
    var ended = new HashMap<JobId, Host.Child>();
    await(ids, ids.size(), atMost).forEach(child -> ended.put(child.job(), child));
    for (var handler : handlers) {
      ((Handle) handler).seen = Objects.requireNonNull(ended.get(handler.job()));
    }
    return List.copyOf(handlers);
  }

  @Override
  public SubTaskHandler awaitAny(Collection<SubTaskHandler> handlers) {
    return awaitAny(handlers, null);
  }

  @Override
  public SubTaskHandler awaitAny(Collection<SubTaskHandler> handlers, @Nullable Duration atMost) {
    if (handlers.isEmpty()) {
      throw new IllegalArgumentException("There is nothing to wait for");
    }
    var ended = await(handlers.stream().map(SubTaskHandler::job).toList(), 1, atMost).getFirst();
    var first = handlers.stream().filter(one -> one.job().equals(ended.job())).findFirst();
    ((Handle) first.orElseThrow()).seen = ended;
    return first.get();
  }

  private List<Host.Child> await(List<JobId> ids, int needed, @Nullable Duration atMost) {
    var until = atMost == null ? null : later(atMost);
    var ended = ask(() -> host.await(mark(), ordinal++, new Wait(ids, needed, until)));
    if (ended.size() < needed) {
      var known = ended.stream().map(Host.Child::job).toList();
      throw new UnfinishedException(
          ids.stream().filter(id -> !known.contains(id)).findFirst().orElseThrow());
    }
    return ended;
  }

  @Override
  public void sleep(Duration time) {
    var until = later(time);
    ask(() -> host.await(mark(), ordinal++, Wait.until(until)));
  }

  private Instant later(Duration time) {
    return ask(() -> host.later(mark(), ordinal++, time));
  }

  @Override
  public void cancel(SubTaskHandler handler, String reason) {
    ask(
        () -> {
          host.cancel(mark(), ordinal++, handler.job(), reason);
          return handler;
        });
  }

  @Override
  public long tell(SubTaskHandler handler, String text) {
    return ask(() -> host.tell(mark(), ordinal++, handler.job(), text, true));
  }

  @Override
  public void reportProgress(String text) {
    ask(
        () -> {
          host.report(mark(), ordinal++, text);
          return text;
        });
  }

  @Override
  public SubTaskHandler callback(String name) {
    var id = Subtask.callbackId(name);
    var known = ask(() -> host.children(mark(), ordinal++, id));
    if (!known.isEmpty()) {
      return new Handle(known.getFirst());
    }
    var request =
        new Host.ChildRequest(
            ++created,
            null,
            Json.Object.EMPTY,
            List.of(new CodeBlock(CodeBlock.Kind.ANSWER, name)),
            null,
            id,
            Host.Briefing.NONE);
    return new Handle(ask(() -> host.create(mark(), request)));
  }

  /// A handler in the hands of the program that created it.
  private class Handle implements SubTaskHandler {
    private Host.Child seen;

    private Handle(Host.Child seen) {
      this.seen = seen;
    }

    private Host.Child now() {
      if (seen.completion() == null) {
        seen = ask(() -> host.peek(mark(), ordinal++, List.of(seen.job()))).getFirst();
      }
      return seen;
    }

    @Override
    public JobId job() {
      return seen.job();
    }

    @Override
    public Json id() {
      return seen.subtaskId() == null ? Json.Null.VALUE : seen.subtaskId();
    }

    @Override
    public SubTaskState state() {
      return now().state();
    }

    @Override
    public Optional<TaskError> error() {
      return now().completion() instanceof Completion.Error(var error)
          ? Optional.of(error)
          : Optional.empty();
    }

    @Override
    public Value result() {
      return switch (now().completion()) {
        case null -> throw new UnfinishedException(job());
        case Completion.Result(var value) -> value;
        case Completion.Error(var error) -> throw new JobFailedException(error);
      };
    }

    @Override
    public SubTaskHandler await() {
      return await(null);
    }

    @Override
    public SubTaskHandler await(@Nullable Duration atMost) {
      if (seen.completion() == null) {
        seen = ProgramScope.this.await(List.of(seen.job()), 1, atMost).getFirst();
      }
      return this;
    }
  }

  /// One whose result is what the child's model has said.
  private final class Muted extends Handle {
    private @Nullable Value said;

    private Muted(Host.Child seen) {
      super(seen);
    }

    @Override
    public Value result() {
      var exit = super.result();
      if (said == null) {
        var replies = ask(() -> host.replies(mark(), ordinal++, job()));
        said = Value.of(replies.isEmpty() ? text(exit) : String.join("\n", replies));
      }
      return said;
    }

    private static String text(Value exit) {
      return exit.equals(Value.none()) ? "" : exit.text();
    }
  }
}
