package dev.errand.agent;

import dev.errand.job.AgentSpec;
import dev.errand.job.Attempts;
import dev.errand.job.ChatStyle;
import dev.errand.job.CodeBlock;
import dev.errand.job.Conduct;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Limits;
import dev.errand.job.MemoryUse;
import dev.errand.job.Permissions;
import dev.errand.job.Reminder;
import dev.errand.job.Sandbox;
import dev.errand.job.ToolSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Who does the work: a name, instructions, a model or a program, tools and limits.
///
/// Immutable. The durable part is [#spec]; the live parts stay in this process and are found again
/// by name, so a process that is to advance an agent's jobs must know the agent.
public final class Agent {
  private final AgentSpec spec;
  private final @Nullable Model model;
  private final @Nullable Program program;
  private final List<ToolFunction> tools;
  private final List<SubTaskFactory> subTasks;
  private final List<ToolHook> hooks;
  private final List<ToolSource> sources;

  private Agent(
      AgentSpec spec,
      @Nullable Model model,
      @Nullable Program program,
      List<ToolFunction> tools,
      List<SubTaskFactory> subTasks,
      List<ToolHook> hooks,
      List<ToolSource> sources) {
    this.spec = spec;
    this.model = model;
    this.program = program;
    this.tools = List.copyOf(tools);
    this.subTasks = List.copyOf(subTasks);
    this.hooks = List.copyOf(hooks);
    this.sources = List.copyOf(sources);
  }

  /// Begins an agent of that name: without model or program it lives by the Python code it is
  /// given.
  public static Builder named(String name) {
    return new Builder(name);
  }

  /// The part that is stored.
  public AgentSpec spec() {
    return spec;
  }

  /// The model that was given as an object.
  public Optional<Model> model() {
    return Optional.ofNullable(model);
  }

  /// The Java program that does the work in place of a model.
  public Optional<Program> program() {
    return Optional.ofNullable(program);
  }

  /// The tools, in the order they were given.
  public List<ToolFunction> tools() {
    return tools;
  }

  /// The subtask factories, in the order their objects were given.
  public List<SubTaskFactory> subTasks() {
    return subTasks;
  }

  /// What looks at calls of tools before they are made, in the order they were given.
  public List<ToolHook> hooks() {
    return hooks;
  }

  /// Where tools of it come from that need a connection; [#tools] has those tools.
  public List<ToolSource> sources() {
    return sources;
  }

  /// Collects the parts of an agent; not thread-safe.
  public static final class Builder {
    private static final Pattern MODULE =
        Pattern.compile("[A-Za-z_]\\w*(\\.[A-Za-z_]\\w*)*(\\.\\*)?");

    private final String name;
    private String instructions = "";
    private @Nullable String modelName;
    private @Nullable Model model;
    private @Nullable Program program;
    private final List<ToolFunction> tools = new ArrayList<>();
    private final List<SubTaskFactory> subTasks = new ArrayList<>();
    private final List<ToolHook> hooks = new ArrayList<>();
    private final List<ToolSource> sources = new ArrayList<>();
    private String runtime = Sandbox.DEFAULT.runtime();
    private boolean restricted = Sandbox.DEFAULT.restricted();
    private Limits limits = Limits.DEFAULT;
    private final Set<String> imports = new LinkedHashSet<>();
    private final List<CodeBlock> warmup = new ArrayList<>();
    private @Nullable ToolFunction send;
    private boolean answers = true;
    private @Nullable Reminder reminder;
    private boolean languageRule = true;
    private boolean languageHint = true;
    private ChatStyle style = Conduct.PLAIN.style();
    private int concurrentTools = Conduct.CONCURRENT_TOOLS;
    private long compactAt = Conduct.COMPACT_AT;
    private @Nullable String subTaskModel;
    private List<Permissions> permissions = List.of();
    private @Nullable MemoryUse memory;
    private boolean guided = true;

    private Builder(String name) {
      if (name.isBlank()) {
        throw new IllegalArgumentException("An agent needs a name");
      }
      this.name = name;
    }

    /// What the model is told about its role, before the words of its [guide][#guide]; default
    /// empty.
    public Builder instructions(String instructions) {
      this.instructions = instructions;
      return this;
    }

    /// The model as an object; default none.
    public Builder model(Model model) {
      this.model = model;
      this.modelName = "object:" + name;
      return this;
    }

    /// The model by its name, `provider:name`, found through the providers of the runtime; default
    /// none.
    public Builder model(String providerAndName) {
      this.model = null;
      this.modelName = named(providerAndName);
      return this;
    }

    private static String named(String providerAndName) {
      if (providerAndName.indexOf(':') < 1) {
        throw new IllegalArgumentException(
            "'"
                + providerAndName
                + "' names no model; write provider:name, such as scripted:demo.yaml");
      }
      return providerAndName;
    }

    /// The model of the subtasks that its model begins by the tool `SubTask`, as `provider:name`;
    /// default what the runtime says, or else the agent's own.
    public Builder subTaskModel(String providerAndName) {
      this.subTaskModel = named(providerAndName);
      return this;
    }

    /// A Java program that does the work; default none.
    public Builder program(Program program) {
      this.program = program;
      return this;
    }

    /// Adds tools.
    ///
    /// @throws IllegalArgumentException if a name is given twice
    public Builder tools(ToolFunction... more) {
      for (var tool : more) {
        add(tools, tool);
      }
      return this;
    }

    /// Adds tools.
    ///
    /// @throws IllegalArgumentException if a name is given twice
    public Builder tools(List<ToolFunction> more) {
      more.forEach(tool -> add(tools, tool));
      return this;
    }

    /// Adds tools: the methods with [Tool] of these objects, and those of a [ToolSource].
    ///
    /// A source is asked by [#build], and its tools stand after all others. Where one has a name
    /// that another tool has, or that means something else in Python or to all jobs, it is given
    /// under its [alias][ToolFunction#alias].
    ///
    /// @throws IllegalArgumentException if an object has no such method, or a name is given twice
    public Builder tools(Object... owners) {
      for (var owner : owners) {
        if (owner instanceof ToolSource source) {
          sources.add(source);
        } else {
          ToolFunction.of(owner).forEach(tool -> add(tools, tool));
        }
      }
      return this;
    }

    private void add(List<ToolFunction> some, ToolFunction tool) {
      requireFree(some, tool.name());
      some.add(tool);
    }

    private void requireFree(List<ToolFunction> some, String called) {
      if (callable(some).contains(called)) {
        throw new IllegalArgumentException("Agent " + name + " has a tool " + called + " already");
      }
    }

    /// Adds what looks at each call of a tool before it is made, in its subtasks too; the first
    /// that does not let it go on counts. Default nothing does.
    public Builder beforeTool(ToolHook hook) {
      hooks.add(hook);
      return this;
    }

    /// Which calls of tools its jobs may make, and of which a person is asked first: where all of
    /// these allow it; default all are made. They count for what is below its jobs too, whoever
    /// does it.
    public Builder permissions(Permissions... all) {
      this.permissions = List.of(all);
      return this;
    }

    /// The same, from what allows all: `permissions(all -> all.ask("Bash").deny("Bash(rm:*)"))`.
    public Builder permissions(UnaryOperator<Permissions> change) {
      return permissions(change.apply(Permissions.ALL));
    }

    /// Adds subtask factories: the methods with [SubTask] of these objects.
    ///
    /// Its Python calls them as it calls tools. A Java program calls the methods themselves, and
    /// [starts][JobScope#start] what they return.
    ///
    /// @throws IllegalArgumentException if an object has no such method; or one that returns
    ///   something else than a [SubTaskSpec], has a parameter `id`, or a name that is taken or
    ///   means something else in Python
    public Builder subTasks(Object... owners) {
      for (var owner : owners) {
        for (var factory : SubTaskFactory.of(owner)) {
          requireFree(tools, factory.name());
          subTasks.add(factory);
        }
      }
      return this;
    }

    /// Those that were given, those by which a dialog is held, and the error handlers of all these.
    private List<ToolFunction> allTools() {
      var all = new ArrayList<>(tools);
      if (send != null) {
        add(all, send.named(Conduct.SEND));
        if (answers) {
          add(all, send.named(Conduct.ANSWER).exits("Success"));
        }
      }
      var handled = new ArrayList<ToolFunction>();
      all.stream()
          .flatMap(ToolFunction::withErrorHandler)
          .distinct()
          .forEach(tool -> add(handled, tool));
      var taken = new HashSet<>(callable(handled));
      for (var source : sources) {
        for (var tool : source.tools()) {
          var free = ForeignNames.freed(tool, taken);
          taken.add(free.name());
          handled.add(free);
        }
      }
      return handled;
    }

    /// Adds a block of Python that every job of the agent carries out: after the code that the job
    /// is given, and before the first turn of the model; default none.
    ///
    /// A job may be given an [event][dev.errand.JobSpec#event], which the code then reads.
    ///
    /// @throws IllegalArgumentException if it has a mark `#STATEK: …` which is none
    public Builder warmup(String python) {
      warmup.add(CodeBlock.python(python).marked());
      return this;
    }

    /// Makes the agent talk: what its model says besides code is delivered by `send` before the
    /// code is carried out, and once; default nobody is told.
    ///
    /// `send` is called with the text as `body`. If it fails the model is told, and takes another
    /// turn. Code has [answer][#answers].
    ///
    /// @throws IllegalArgumentException if `send` has no parameter `body`, requires another, or is
    ///   `READ_ONLY`, so that nothing would be known of what was sent
    public Builder dialog(ToolFunction send) {
      var others = send.parameters().stream().filter(parameter -> !parameter.endsWith("?"));
      if (!send.parameters().contains("body") || others.count() > 1) {
        throw new IllegalArgumentException(
            "A message is sent with the parameter body, and no other that is required; tool "
                + send.name()
                + " has "
                + send.parameters());
      }
      if (send.policy() == EffectPolicy.READ_ONLY) {
        throw new IllegalArgumentException(
            "Tool " + send.name() + " sends messages, so it is not READ_ONLY; give another policy");
      }
      this.send = send;
      return this;
    }

    /// Whether code in a dialog has the function `answer(body, …)`, which sends a message as
    /// [#dialog] says and ends the job with `"Success"`; default true.
    public Builder answers(boolean answers) {
      this.answers = answers;
      return this;
    }

    /// What follows a last word of its model, which then takes one more turn; default nothing.
    public Builder reminder(Reminder reminder) {
      this.reminder = reminder;
      return this;
    }

    /// Whether the instructions of a job with a locale end with the rule to speak its language, in
    /// English, Polish, German, French, Spanish and Italian; default true.
    public Builder languageRule(boolean told) {
      this.languageRule = told;
      return this;
    }

    /// Whether each message to a job with a locale ends with a hint at its language, in the same
    /// languages; default true.
    public Builder languageHint(boolean told) {
      this.languageHint = told;
      return this;
    }

    /// How its model's replies are read; default [ChatStyle#MD_DIALOG], in which fenced Python is
    /// carried out, tools may be called, and a reply in words alone ends the job.
    public Builder style(ChatStyle style) {
      this.style = style;
      return this;
    }

    /// Whether its instructions are followed by a few sentences that say how to act in its style,
    /// and what functions its code can call; default true.
    public Builder guide(boolean guided) {
      this.guided = guided;
      return this;
    }

    /// How many tools that its model calls in one reply are at work at a time; default 10.
    ///
    /// @throws IllegalArgumentException if it is less than 1
    public Builder concurrentTools(int most) {
      this.concurrentTools = most;
      return this;
    }

    /// How much its model is shown at most, in tokens of four characters; default 100,000. What was
    /// said first is summed up then, by the model itself, and stays in the history as it was.
    ///
    /// @throws IllegalArgumentException if it is not positive
    public Builder compactAt(long tokens) {
      this.compactAt = tokens;
      return this;
    }

    /// The memory of its jobs, by name; default none. With each message that arrives its model is
    /// shown the cards that fit best, 15 at most; its tools may search it, and write it. Subtasks
    /// of its jobs only read it.
    ///
    /// @throws IllegalArgumentException if it is no name of a memory
    public Builder memory(String name) {
      return memory(MemoryUse.of(name));
    }

    /// The memory of its jobs, and how much of it its model is shown; default none.
    public Builder memory(MemoryUse use) {
      this.memory = use;
      return this;
    }

    /// The workspace runtime that its Python runs in, by name; default `cpython`. A program runs in
    /// none of these.
    public Builder runtime(String name) {
      if (name.isBlank() || name.equals("java") || name.equals(Attempts.RUNTIME)) {
        throw new IllegalArgumentException(
            "'" + name + "' names no runtime for Python; write cpython or graalpy");
      }
      this.runtime = name;
      return this;
    }

    /// Whether its Python runs in restricted mode; default true.
    public Builder restricted(boolean restricted) {
      this.restricted = restricted;
      return this;
    }

    /// Adds modules that its Python may import in restricted mode: `numpy` for that module, and
    /// `numpy.*` for all that is below it too; default none but the usual ones.
    ///
    /// What such a module can do, code can do through it.
    ///
    /// @throws IllegalArgumentException if a name is none of a module
    public Builder imports(String... modules) {
      for (var module : modules) {
        if (!MODULE.matcher(module).matches()) {
          throw new IllegalArgumentException(
              "'" + module + "' is no name of a module; write numpy, or numpy.* with all below it");
        }
        imports.add(module);
      }
      return this;
    }

    /// What its jobs may cost; default [Limits#DEFAULT].
    public Builder limits(Limits limits) {
      this.limits = limits;
      return this;
    }

    /// Changes what its jobs may cost: `limits(was -> was.withMemoryBytes(4L << 30))`.
    public Builder limits(UnaryOperator<Limits> change) {
      return limits(change.apply(limits));
    }

    /// Wall time of one code block, waiting for others not counted; default 60 s.
    public Builder blockTime(Duration blockTime) {
      return limits(limits.withBlockTime(blockTime));
    }

    /// The agent. Where it has a [ToolSource] that is not connected, this blocks while it connects.
    ///
    /// @throws IllegalArgumentException if it has a program, and a model or code besides; or a
    ///   dialog or reminder, and no model
    /// @throws dev.errand.job.ToolSourceException if the tools of a source cannot be had
    public Agent build() {
      if (program != null && modelName != null) {
        throw new IllegalArgumentException(
            "Agent " + name + " has a model and a program; give one");
      }
      if (program != null && !warmup.isEmpty()) {
        throw new IllegalArgumentException(
            "Agent " + name + " has a program and warm-up code, which needs Python; give one");
      }
      if (modelName == null && (send != null || reminder != null)) {
        throw new IllegalArgumentException(
            "Agent " + name + " has a dialog or a reminder, and no model that talks; give one");
      }
      var all = allTools();
      var spec =
          new AgentSpec(
              name,
              modelName == null || !guided ? instructions : guided(all),
              modelName,
              callable(all),
              new Sandbox(program == null ? runtime : "java", restricted, List.copyOf(imports)),
              limits,
              new Conduct(
                  warmup,
                  send == null ? null : Conduct.SEND,
                  reminder,
                  languageRule,
                  languageHint,
                  style,
                  offers(all),
                  concurrentTools,
                  compactAt,
                  subTaskModel,
                  memory),
              permissions);
      return new Agent(spec, model, program, all, subTasks, hooks, sources);
    }

    /// The instructions, how to act, and the functions that code can call.
    private String guided(List<ToolFunction> all) {
      boolean runsCode = style != ChatStyle.DIRECT || all.contains(ToolFunction.PYTHON_CLI);
      var functions =
          Stream.concat(
                  all.stream()
                      .filter(tool -> tool.visibility().inCode() && !tool.isInternal())
                      .map(tool -> brief(tool.name(), tool.parameters(), tool.description())),
                  subTasks.stream()
                      .map(one -> brief(one.name(), one.parameters(), one.description())))
              .toList();
      var listed =
          functions.isEmpty() || !runsCode
              ? ""
              : "Code can call these functions; docstr(function) says more:\n"
                  + String.join("\n", functions);
      return Stream.of(instructions.stripTrailing(), style.guide(runsCode), listed)
          .filter(part -> !part.isEmpty())
          .collect(Collectors.joining("\n\n"));
    }

    private static String brief(String name, List<String> parameters, String description) {
      var given =
          parameters.stream()
              .map(one -> one.endsWith("?") ? one.replace("?", "=None") : one)
              .collect(Collectors.joining(", "));
      var first = description.lines().findFirst().orElse("");
      return "- %s(%s)%s".formatted(name, given, first.isEmpty() ? "" : ": " + first);
    }

    private List<ToolSpec> offers(List<ToolFunction> all) {
      return modelName == null || !style.takesCalls()
          ? List.of()
          : all.stream()
              .filter(tool -> tool.visibility().inCalls() && !tool.isInternal())
              .map(ToolFunction::spec)
              .toList();
    }

    private List<String> callable(List<ToolFunction> all) {
      return Stream.concat(
              all.stream().map(ToolFunction::name), subTasks.stream().map(SubTaskFactory::name))
          .toList();
    }
  }
}
