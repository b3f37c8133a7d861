package dev.errand.engine;

import dev.errand.agent.ToolFunction;
import dev.errand.job.AgentSpec;
import dev.errand.job.Completion;
import dev.errand.job.Conduct;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.RefusedException;
import dev.errand.job.SubTaskOptions;
import dev.errand.job.Subtask;
import dev.errand.job.TaskError;
import dev.errand.job.Value;
import dev.errand.spi.Change;
import dev.errand.spi.Host.Briefing;
import dev.errand.spi.Host.ChildRequest;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/// The tool `SubTask`: a model hands a piece of work to a fresh copy of its agent, which is a child
/// job like any other (SwarmSDK: `Tools::SubTask`).
///
/// Only the job's own thread uses this object.
final class SubTasks {
  static final String TOOL = ToolFunction.SUB_TASK.name();

  private final JobId job;
  private final JobDefinition definition;
  private final StepWriter writer;
  private final Children children;
  private final Supplier<SubTaskOptions> options;

  SubTasks(
      JobId job,
      JobDefinition definition,
      StepWriter writer,
      Children children,
      Supplier<SubTaskOptions> options) {
    this.job = job;
    this.definition = definition;
    this.writer = writer;
    this.children = children;
    this.options = options;
  }

  /// What came of a call, as members of its entry.
  record Came(Json.Object data) {
    static Came failed(String code, String message) {
      return new Came(Json.object("error", message).with("code", code));
    }

    private static Came answered(String code, String text) {
      return new Came(Json.object("result", text).with("code", code));
    }

    private Came by(JobId child) {
      return new Came(data.with("job", child.text()));
    }
  }

  /// How a call began.
  sealed interface Begun {
    /// A child does it.
    record AtWork(JobId child) implements Begun {}

    /// It may not be begun, which is an event.
    record Refused(Came came, Change.Recorded event) implements Begun {}

    /// It says nothing that could be begun.
    record Wrong(Came came) implements Begun {}
  }

  /// A child that has ended.
  record Ended(JobId job, Came came) {}

  /// Whether the agent has the tool, be it one that is told of it no more, as its subtasks may have
  /// none of their own.
  boolean mayBeCalled() {
    return definition.agent().tools().contains(TOOL);
  }

  /// Whether the child of that number was begun, here or by a pass before.
  boolean isBegun(int ordinal) {
    return children.known(ordinal).isPresent();
  }

  static String invalid(String why) {
    return "<tool_use_error>InputValidationError: " + why + "</tool_use_error>";
  }

  /// Begins a subtask, or says why not.
  ///
  /// @param ordinal the child's number
  /// @param call which call of which turn it is
  Begun begin(int ordinal, String call, Json arguments) {
    var title = text(arguments, "title");
    var instructions = text(arguments, "instructions");
    if (title.isBlank() || instructions.isBlank()) {
      var missing = title.isBlank() ? "title is required" : "instructions are required";
      return new Begun.Wrong(Came.failed("INVALID_INPUT", invalid(missing)));
    }
    var before = children.known(ordinal);
    if (before.isPresent()) {
      return new Begun.AtWork(before.get()); // by a pass before, under the rules of that time
    }
    var rules = options.get();
    int depth = children.toolDepth() + 1;
    if (depth > rules.maxDepth()) {
      return refused(
          title,
          "DEPTH_EXCEEDED",
          "Error: Maximum subtask depth (%d) exceeded. Cannot spawn nested subtask at depth %d."
              .formatted(rules.maxDepth(), depth));
    }
    if (ordinal > rules.perJob()) {
      return refused(
          title,
          "LIFETIME_EXCEEDED",
          "Error: job %s may have %d children in all, and this would be number %d; do the work yourself."
              .formatted(job, rules.perJob(), ordinal));
    }
    var prompt = ("# SubTask: " + title + "\n\n" + instructions).strip();
    var briefing =
        new Briefing(
            definition.parameters(),
            definition.locale(),
            prompt,
            null,
            rules.timeout(),
            null,
            null,
            null);
    var request =
        new ChildRequest(
            ordinal,
            definition.agent().name(),
            Json.Object.EMPTY,
            List.of(),
            null,
            Subtask.toolId(title, depth, call),
            briefing);
    try {
      return new Begun.AtWork(children.create(request, setup(rules, depth)).job());
    } catch (RefusedException limit) {
      return refused(title, "REFUSED", "Error: " + limit.getMessage());
    }
  }

  private static String text(Json arguments, String name) {
    return arguments instanceof Json.Object object
        ? object.get(name).map(value -> Value.of(value).text()).orElse("").strip()
        : "";
  }

  private Begun refused(String title, String code, String message) {
    var event =
        new Change.Recorded(
            writer.progress().turn(),
            Entry.Kind.SUBTASK_REFUSED,
            Json.object("agent", definition.agent().name())
                .with("title", title)
                .with("code", code)
                .with("text", message));
    return new Begun.Refused(Came.failed(code, message), event);
  }

  /// The same agent, but that it talks with nobody, and is not told of this tool where it may not
  /// use it.
  private JobDefinition setup(SubTaskOptions rules, int depth) {
    var own = definition.agent();
    var offers =
        own.conduct().offers().stream()
            .filter(tool -> depth < rules.maxDepth() || !tool.name().equals(TOOL))
            .toList();
    var tools =
        own.conduct().send() == null
            ? own.tools()
            : own.tools().stream()
                .filter(name -> !name.equals(Conduct.SEND) && !name.equals(Conduct.ANSWER))
                .toList();
    var agent =
        new AgentSpec(
            own.name(),
            own.instructions(),
            model(rules, own),
            tools,
            own.sandbox(),
            own.limits(),
            own.conduct().ofSubTask(offers).onlyReading(),
            own.permissions());
    return new JobDefinition(agent, List.of(), definition.parameters(), definition.locale());
  }

  private static String model(SubTaskOptions rules, AgentSpec own) {
    return Optional.ofNullable(own.conduct().subTaskModel())
        .or(() -> Optional.ofNullable(rules.model()))
        .orElse(Objects.requireNonNull(own.model()));
  }

  /// Those of the children that have ended, and what came of them.
  List<Ended> ended(List<JobId> all) {
    var ended = children.ended(all);
    children.given(ended);
    return children.records(ended.stream().map(child -> child.job()).toList()).stream()
        .map(child -> new Ended(child.id(), came(child).by(child.id())))
        .toList();
  }

  private Came came(JobRecord child) {
    var subtask = Objects.requireNonNull(child.subtask());
    var title = title(subtask);
    return switch (Objects.requireNonNull(subtask.completion())) {
      case Completion.Result(var value) -> answered(child, title, answer(value));
      case Completion.Error(var error) ->
          Came.failed(
              code(error.kind()),
              "Error: Subtask '%s' failed: %s: %s"
                  .formatted(title, className(error.kind()), error.message()));
    };
  }

  private static String answer(Value value) {
    return value.equals(Value.none()) ? "" : value.text().strip();
  }

  private Came answered(JobRecord child, String title, String answer) {
    if (answer.isEmpty()) {
      return Came.answered("EMPTY", "SubTask '" + title + "' ended without an answer.");
    }
    int most = options.get().answerCharacters();
    int left = answer.length() - most;
    var shown =
        left <= 0
            ? answer
            : answer.substring(0, most)
                + "\n[… %d more characters: the whole answer is kept as the result of job %s]"
                    .formatted(left, child.id());
    return Came.answered("COMPLETED", "SubTask '" + title + "' completed.\n\n" + shown);
  }

  private static String title(Subtask subtask) {
    return ((Json.Object) subtask.id()).text(Subtask.TITLE).orElse("");
  }

  private static String code(TaskError.Kind kind) {
    return switch (kind) {
      case CANCELLED, TIMED_OUT, BUDGET_EXHAUSTED -> kind.name();
      default -> "SUBTASK_FAILED";
    };
  }

  /// The kind as the name of an error class.
  private static String className(TaskError.Kind kind) {
    var words = new StringBuilder();
    for (var word : kind.code().split("_", -1)) {
      words.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
    }
    return words + "Error";
  }

  /// What a model is told of a subtask that goes on while it reads a message.
  Came stillAtWork(JobId child) {
    var text =
        "The subtask goes on as job %s: a message arrived while you waited. You will be told of its end."
            .formatted(child);
    return Came.answered("STILL_AT_WORK", text).by(child);
  }
}
