package dev.errand.engine;

import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskHandler;
import dev.errand.job.Blob;
import dev.errand.job.Budget;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.JobFailedException;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.RefusedException;
import dev.errand.job.Retry;
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

  Host.Mark mark() {
    var mark = new Host.Mark(0, console.toString(), List.of(), null);
    console.setLength(0);
    return mark;
  }

  private <T> T ask(Supplier<T> question) {
    if (broken != null) {
      throw broken;
    }
    try {
      return question.get();
    } catch (RefusedException refused) {
      throw refused;
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
    return switch (ask(() -> host.call(mark(), ordinal++, tool, arguments))) {
      case Value.Plain(var json) -> json;
      case Value.Pickled pickled -> new Json.Text(pickled.text());
    };
  }

  @Override
  public Delegation delegate(String agent) {
    return new NewDelegation(agent);
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
    var ended = new HashMap<JobId, SubTaskHandler>();
    await(ids, ids.size(), atMost).forEach(child -> ended.put(child.job(), new Handle(child)));
    return handlers.stream()
        .map(handler -> Objects.requireNonNull(ended.get(handler.job())))
        .toList();
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
    return new Handle(
        await(handlers.stream().map(SubTaskHandler::job).toList(), 1, atMost).getFirst());
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

  private final class NewDelegation implements Delegation {
    private final String agent;
    private Json id = Json.Null.VALUE;
    private Json.Object given = Json.Object.EMPTY;
    private List<CodeBlock> blocks;
    private Json.@Nullable Object resultSchema;
    private @Nullable Duration timeout;
    private @Nullable Budget budget;
    private @Nullable Retry retry;

    private NewDelegation(String agent) {
      this.agent = agent;
      this.blocks = List.of(new CodeBlock(CodeBlock.Kind.PROGRAM, agent));
    }

    @Override
    public Delegation id(String text) {
      id = new Json.Text(text);
      return this;
    }

    @Override
    public Delegation var(String name, @Nullable Object value) {
      given = given.with(name, value);
      return this;
    }

    @Override
    public Delegation code(String python) {
      blocks = List.of(CodeBlock.python(python));
      return this;
    }

    @Override
    public Delegation resultSchema(Json.Object schema) {
      resultSchema = schema;
      return this;
    }

    @Override
    public Delegation resultType(Class<?> type) {
      return resultSchema(ResultSchema.formOf(type));
    }

    @Override
    public Delegation timeout(Duration time) {
      timeout = time;
      return this;
    }

    @Override
    public Delegation budget(Budget share) {
      budget = share;
      return this;
    }

    @Override
    public Delegation retry(Retry policy) {
      retry = policy;
      return this;
    }

    @Override
    public SubTaskHandler start() {
      var request =
          new Host.ChildRequest(
              ++created, agent, Json.Object.EMPTY, blocks, snapshot(), id, briefing());
      return new Handle(ask(() -> host.create(mark(), request)));
    }

    private Host.Briefing briefing() {
      return new Host.Briefing(Json.Object.EMPTY, null, null, resultSchema, timeout, budget, retry);
    }

    private Host.@Nullable Snapshot snapshot() {
      return given.members().isEmpty()
          ? null
          : Host.Snapshot.beginning(
              new Blob(given.print().getBytes(StandardCharsets.UTF_8)), List.of(), List.of());
    }
  }

  /// A handler in the hands of the program that created it.
  private final class Handle implements SubTaskHandler {
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
}
