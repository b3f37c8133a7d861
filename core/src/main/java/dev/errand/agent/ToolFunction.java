package dev.errand.agent;

import dev.errand.job.EffectPolicy;
import dev.errand.job.Finding;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.RefusedException;
import dev.errand.job.Rule;
import dev.errand.job.ToolSpec;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A controlled capability that code and models may call by name.
///
/// One whose name begins with `_` is for the library only: code does not see it. A method with
/// [Tool] becomes one by [#of(Object)].
///
/// @param spec what a model is told of it
/// @param action what it does
/// @param policy what may be done when the outcome of a call is unknown
/// @param timeout how long a call may take, before it is interrupted and has failed
/// @param visibility who is offered it
/// @param reconciler asked before the policy decides; null if nothing but the policy does
/// @param exit the value with which calling code ends its job once the call has returned; null
///   where it goes on
/// @param errorHandler called if a job fails whose code has called this tool; null for none
/// @param subjects what rules of permissions look at in a call
/// @param alias another name by which permissions and lists of tools know it, such as
///   `mcp__server__tool`; null for none
public record ToolFunction(
    ToolSpec spec,
    Action action,
    EffectPolicy policy,
    Duration timeout,
    Visibility visibility,
    @Nullable Reconciler reconciler,
    @Nullable Json exit,
    @Nullable ToolFunction errorHandler,
    Subjects subjects,
    @Nullable String alias) {
  /// The timeout of a tool that names none.
  public static final Duration TIMEOUT = Duration.ofMinutes(10);

  /// Delegates a focused piece of work to a fresh copy of the agent, and returns its answer
  /// (SwarmSDK: `SubTask`); see `docs/subtasks.md`. Only models call it.
  public static final ToolFunction SUB_TASK =
      carriedOut(
          "SubTask",
          """
          Hands one focused piece of work to a fresh copy of yourself and returns its final answer. \
          The copy has the same instructions and tools and an empty conversation: it knows only what \
          you write in instructions, so make them complete, with paths and the form of the answer \
          that you want. Only its final answer comes back. Several SubTask calls in one reply run at \
          the same time. It can read your memory but not write it; changes of files are real and \
          shared. Do not use it for what you can do in a step or two yourself.\
          """,
          Map.of(
              "title", "A short label for this piece of work.",
              "instructions", "All that the copy must know and do."));

  /// Carries out Python in the job's workspace, where its variables stay; what it prints is the
  /// result. Only models call it, and one that talks in [dev.errand.job.ChatStyle#DIRECT] has no
  /// other way to run code.
  public static final ToolFunction PYTHON_CLI =
      carriedOut(
          "python_cli",
          """
          Carries out Python code in your workspace and returns what it prints, with the value of \
          the last expression, as an interactive Python does. Variables, functions and imports stay \
          there from call to call. Call it at most once per reply; exit(value) ends the job.\
          """,
          Map.of("code", "The code."));

  /// Writes a card to the memory of the agent: for an agent with [Agent.Builder#memory]. Models and
  /// code call it; a subtask is not offered it, and refused.
  public static final ToolFunction REMEMBER = RememberTool.function();

  /// Reads what was said and done in earlier turns of the job that calls it, and of no other: by
  /// turns, or by words. It is how a job looks up what its conversation no longer has, since that
  /// was summed up; see `docs/history.md`. Models and Python call it.
  public static final ToolFunction HISTORY = history();

  public ToolFunction {
    if (!spec.name().matches("[A-Za-z_][A-Za-z0-9_]*")) {
      throw new IllegalArgumentException(
          "'" + spec.name() + "' is no name for a tool; use letters, digits and _");
    }
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException(
          "The timeout of tool " + spec.name() + " must be positive, not " + timeout);
    }
  }

  /// Who is offered a tool: a model that calls it by its reply, the Python of jobs, or both.
  ///
  /// Java programs may call any.
  public enum Visibility {
    /// Both are.
    EVERYWHERE,
    /// Python only.
    CODE,
    /// Models only.
    CALLS;

    /// Whether Python may call it.
    public boolean inCode() {
      return this != CALLS;
    }

    /// Whether models are told of it.
    public boolean inCalls() {
      return this != CODE;
    }
  }

  /// One that the engine carries out itself.
  private static ToolFunction carriedOut(
      String name, String description, Map<String, String> parameters) {
    var properties = Json.Object.EMPTY;
    var names = parameters.keySet().stream().sorted(Comparator.reverseOrder()).toList();
    for (var parameter : names) {
      var schema = Json.object("type", "string").with("description", parameters.get(parameter));
      properties = properties.with(parameter, schema);
    }
    var schema =
        Json.object("type", "object").with("properties", properties).with("required", names);
    Action action =
        call -> {
          throw new IllegalStateException("Only a model's reply can call " + name);
        };
    return of(new ToolSpec(name, description, schema), action).visibility(Visibility.CALLS);
  }

  private static ToolFunction history() {
    var whole = Json.object("type", "integer");
    var words = Json.object("type", "string");
    var properties =
        Json.object(
                "turn",
                whole.with(
                    "description", "The turn to read, or the first of several; they count from 0."))
            .with(
                "to",
                whole.with(
                    "description",
                    "The last turn to read; default that turn alone, or, for search, all."))
            .with(
                "search",
                words.with(
                    "description",
                    "Words that an entry must all have, in any order and in upper or lower case."))
            .with(
                "at", words.with("description", "Where to read on, as the end of a result said."));
    var schema = Json.object("type", "object").with("properties", properties);
    var spec =
        new ToolSpec(
            "History",
            """
            Reads your own history: all that was said and done in turns that are over, also what you \
            see only a summary of. Give turn to read one, turn and to for several, or search to find \
            where words stand. What is long comes in parts: the end of the result says how to read on.\
            """,
            schema);
    Action action =
        call -> {
          throw new IllegalStateException("Only a job can read its history");
        };
    return of(spec, action).policy(EffectPolicy.READ_ONLY).timeout(Duration.ofMinutes(1));
  }

  /// A tool whose calls are repeated with the same key when their outcome is unknown.
  public static ToolFunction of(ToolSpec spec, Action action) {
    return new ToolFunction(
        spec,
        action,
        EffectPolicy.IDEMPOTENT,
        TIMEOUT,
        Visibility.EVERYWHERE,
        null,
        null,
        null,
        Subjects.FIRST,
        null);
  }

  /// One whose arguments may be anything.
  ///
  /// @param name what it is called by; a Python identifier
  /// @param description what it does, for the model
  /// @param parameters the names of its parameters, in order; a trailing `?` marks an optional one
  public static ToolFunction of(
      String name, String description, List<String> parameters, Action action) {
    return of(ToolSpec.of(name, description, parameters), action);
  }

  /// One whose parameters are the components of a record, with their names and types.
  ///
  /// @param name what it is called by; a Python identifier
  /// @param description what it does, for the model
  /// @param parameters the record; a component that may be left out is an `Optional`, or
  ///   `@Nullable`, and a [Description] says what one is
  public static <T extends Record> ToolFunction of(
      String name, String description, Class<T> parameters, TypedAction<T> action) {
    var members = new LinkedHashMap<>(TypeSchema.ofArgument(parameters).members());
    members.remove("additionalProperties"); // other arguments are ignored, as everywhere
    return of(
        new ToolSpec(name, description, new Json.Object(members)),
        call -> action.call(call.arguments().to(parameters), call));
  }

  /// The methods with [Tool] of an object, by their names: in the same order in every process.
  ///
  /// @throws IllegalArgumentException if there is none, or one that could not be called
  public static List<ToolFunction> of(Object owner) {
    return ToolMethod.of(owner).stream().map(ToolMethod::function).toList();
  }

  /// What it is called by.
  public String name() {
    return spec.name();
  }

  /// What it does, for the model.
  public String description() {
    return spec.description();
  }

  /// The names of its parameters, in order; a trailing `?` marks an optional one.
  public List<String> parameters() {
    return spec.parameters();
  }

  /// The same tool under another policy.
  public ToolFunction policy(EffectPolicy other) {
    return new ToolFunction(
        spec, action, other, timeout, visibility, reconciler, exit, errorHandler, subjects, alias);
  }

  /// The same tool with another timeout; default ten minutes.
  ///
  /// @throws IllegalArgumentException if it is not positive
  public ToolFunction timeout(Duration other) {
    return new ToolFunction(
        spec, action, policy, other, visibility, reconciler, exit, errorHandler, subjects, alias);
  }

  /// The same tool, offered to others.
  public ToolFunction visibility(Visibility other) {
    return new ToolFunction(
        spec, action, policy, timeout, other, reconciler, exit, errorHandler, subjects, alias);
  }

  /// The same tool, able to find out what came of a call whose outcome is unknown.
  public ToolFunction reconcile(Reconciler how) {
    return new ToolFunction(
        spec, action, policy, timeout, visibility, how, exit, errorHandler, subjects, alias);
  }

  /// The same tool, by which calling Python ends its job with that value, anything [Json#of] takes;
  /// default the job goes on, as it does for a tool that fails and for a Java program.
  public ToolFunction exits(@Nullable Object value) {
    return new ToolFunction(
        spec,
        action,
        policy,
        timeout,
        visibility,
        reconciler,
        Json.of(value),
        errorHandler,
        subjects,
        alias);
  }

  /// The same tool, for each call of which a job that fails calls `handler`: a tool of a name that
  /// begins with `_`, such as `_release(context, error?)`.
  ///
  /// It is registered with the job once the call has returned, and called once, in the order of
  /// registration with the handlers of the job's code: with what the call returned, and with the
  /// error as an object of `kind`, `message` and `advice`. Calls of a Java program, and those by
  /// which a dialog is held, register none.
  ///
  /// @throws IllegalArgumentException if `handler` has another name, other than two parameters, of
  ///   which the second is optional, or ends jobs itself
  public ToolFunction onError(ToolFunction handler) {
    var given = handler.parameters();
    boolean takesBoth =
        given.size() == 2 && !given.getFirst().endsWith("?") && given.getLast().endsWith("?");
    if (!handler.isInternal() || !takesBoth || handler.exit() != null) {
      throw new IllegalArgumentException(
          "An error handler has a name that begins with _ and takes a context and an optional"
              + " error, as in _release(context, error?); tool "
              + handler.name()
              + " takes "
              + given);
    }
    return new ToolFunction(
        spec, action, policy, timeout, visibility, reconciler, exit, handler, subjects, alias);
  }

  /// This tool, and its error handler if it has one.
  public Stream<ToolFunction> withErrorHandler() {
    return Stream.concat(Stream.of(this), Stream.ofNullable(errorHandler));
  }

  /// The same tool under another name.
  ToolFunction named(String other) {
    return new ToolFunction(
        new ToolSpec(other, description(), spec.schema()),
        action,
        policy,
        timeout,
        visibility,
        reconciler,
        exit,
        errorHandler,
        subjects,
        alias);
  }

  /// The same tool, of whose calls [rules][Rule] of permissions look at something else; default the
  /// first text among the arguments, by the order of the parameters.
  public ToolFunction subjects(Subjects other) {
    return new ToolFunction(
        spec, action, policy, timeout, visibility, reconciler, exit, errorHandler, other, alias);
  }

  /// The same tool, which permissions and lists of tools know by that name as well.
  public ToolFunction alias(String other) {
    return new ToolFunction(
        spec, action, policy, timeout, visibility, reconciler, exit, errorHandler, subjects, other);
  }

  /// The names that permissions know it by.
  public List<String> names() {
    return alias == null ? List.of(name()) : List.of(name(), alias);
  }

  /// Whether that is its name, or its alias.
  public boolean isKnownAs(String other) {
    return name().equals(other) || other.equals(alias);
  }

  /// Whether only the library calls it, not the code of jobs: its name begins with `_`.
  public boolean isInternal() {
    return name().startsWith("_");
  }

  /// What a tool does; called by any thread, several at a time, and heeding interruption.
  @FunctionalInterface
  public interface Action {
    /// Does it.
    ///
    /// @return anything [Json#of] takes
    /// @throws Exception if it fails; the calling code sees the message as an error of the tool
    @Nullable Object call(Call call) throws Exception;
  }

  /// The same as an [Action], given its arguments as a record.
  @FunctionalInterface
  public interface TypedAction<T> {
    /// Does it.
    ///
    /// @return anything [Json#of] takes
    /// @throws Exception if it fails; the calling code sees the message as an error of the tool
    @Nullable Object call(T arguments, Call call) throws Exception;
  }

  /// Finds out what came of a call whose worker died before the outcome was recorded; called by any
  /// thread, several at a time, and heeding interruption.
  @FunctionalInterface
  public interface Reconciler {
    /// Looks for the call under its key.
    ///
    /// A call that was not made is made then. It is asked again if the worker dies before the
    /// finding is recorded.
    ///
    /// @return what came of the call; empty if that cannot be said, and the policy decides
    /// @throws Exception which counts as empty; the history has the message
    Optional<Finding> find(Call call) throws Exception;
  }

  /// What [rules][Rule] of permissions look at in a call. It is asked before the call is made, by
  /// any thread, and does nothing outside.
  @FunctionalInterface
  public interface Subjects {
    /// The first text among the arguments, by the order of the parameters.
    Subjects FIRST =
        (parameters, arguments) ->
            parameters.stream()
                .map(name -> name.replace("?", ""))
                .flatMap(name -> arguments.text(name).stream())
                .map(Rule.Subject::text)
                .limit(1)
                .toList();

    /// What a call is about: a call is allowed where all of it is, and denied where any of it is.
    /// Empty for one that no pattern can judge, which only a rule for the whole tool allows.
    ///
    /// @param parameters the tool's parameters, as [ToolFunction#parameters] has them
    List<Rule.Subject> of(List<String> parameters, Json.Object arguments);
  }

  /// One call of a tool.
  ///
  /// @param job on whose behalf
  /// @param key stable over replays: the same call has the same key, another call another one
  /// @param arguments by parameter name
  /// @param reach what it may have of its agent's memory; a [Memory] where it may write, null where
  ///   there is none
  public record Call(JobId job, String key, Json.Object arguments, @Nullable MemoryView reach) {
    /// A call for an agent without a memory.
    public Call(JobId job, String key, Json.Object arguments) {
      this(job, key, arguments, null);
    }

    /// The memory of the agent, for reading; empty if it has none.
    public Optional<MemoryView> memory() {
      return Optional.ofNullable(reach);
    }

    /// The memory of the agent, for writing.
    ///
    /// @throws RefusedException if it has none, or the job is a subtask and only reads it
    public Memory ownMemory() {
      return switch (reach) {
        case null -> throw noMemory();
        case Memory memory -> memory;
        default ->
            throw new RefusedException(
                "PermissionError",
                "Job %s is a subtask and only reads memory %s: nothing was written. Say what is to be remembered in the answer, and let the job above it write that"
                    .formatted(job, reach.name()));
      };
    }

    static RefusedException noMemory() {
      return new RefusedException(
          "LookupError",
          "The agent of this job has no memory; give it one with Agent.Builder.memory, or memory:"
              + " in its file");
    }

    /// The text of an argument.
    ///
    /// @throws IllegalArgumentException if it is absent or no string
    public String text(String name) {
      return arguments
          .text(name)
          .orElseThrow(
              () -> new IllegalArgumentException(name + " is required and must be a string"));
    }

    /// The whole number of an argument, or what it is if that is absent or null.
    ///
    /// @throws IllegalArgumentException if it is no whole number
    public int number(String name, int otherwise) {
      try {
        return arguments.get(name).map(value -> value.to(Integer.class)).orElse(otherwise);
      } catch (IllegalArgumentException none) {
        throw new IllegalArgumentException(name + " must be a whole number", none);
      }
    }

    /// Whether an argument is true; false if it is absent or null.
    ///
    /// @throws IllegalArgumentException if it is something else
    public boolean flag(String name) {
      try {
        return arguments.get(name).map(value -> value.to(Boolean.class)).orElse(false);
      } catch (IllegalArgumentException none) {
        throw new IllegalArgumentException(name + " must be true or false", none);
      }
    }
  }
}
