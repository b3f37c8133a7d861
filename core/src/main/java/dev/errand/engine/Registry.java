package dev.errand.engine;

import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.Program;
import dev.errand.agent.SubTaskFactory;
import dev.errand.agent.ToolFunction;
import dev.errand.agent.ToolHook;
import dev.errand.agent.ToolSource;
import dev.errand.job.AgentSpec;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.ModelException;
import dev.errand.job.RefusedException;
import dev.errand.job.SubTaskOptions;
import dev.errand.job.ToolSpec;
import dev.errand.job.Value;
import dev.errand.spi.ModelProvider;
import dev.errand.spi.WorkspaceRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The live parts that durable names stand for in this process.
final class Registry {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);

  private final Map<String, Agent> agents = new ConcurrentHashMap<>();
  private final Map<String, WorkspaceRuntime> runtimes;
  private final Map<String, ModelProvider> providers;
  private final Map<String, ToolFunction> builtIn;
  private volatile SubTaskOptions subTaskOptions = SubTaskOptions.DEFAULT;
  private final Map<ToolSpec, Optional<ResultSchema>> schemas = new ConcurrentHashMap<>();
  private final Set<ToolSource> sources = ConcurrentHashMap.newKeySet();

  Registry(
      List<WorkspaceRuntime> runtimes, List<ModelProvider> providers, List<ToolFunction> builtIn) {
    this.runtimes =
        Stream.concat(
                Stream.of(new JavaRuntime(this::program), new AttemptsRuntime()), runtimes.stream())
            .collect(Collectors.toMap(WorkspaceRuntime::name, Function.identity()));
    this.providers =
        providers.stream().collect(Collectors.toMap(ModelProvider::provider, Function.identity()));
    this.builtIn =
        builtIn.stream()
            .flatMap(ToolFunction::withErrorHandler)
            .distinct()
            .collect(Collectors.toMap(ToolFunction::name, Function.identity()));
  }

  /// The latest agent of a name counts, for jobs already stored as well.
  ///
  /// @throws IllegalArgumentException if a tool that is built in has the name of one of its subtask
  ///   factories
  void register(Agent agent) {
    for (var factory : agent.subTasks()) {
      if (builtIn.containsKey(factory.name())) {
        throw new IllegalArgumentException(
            "Agent %s has a subtask factory %s, and a tool of all agents is called so too"
                .formatted(agent.spec().name(), factory.name()));
      }
    }
    sources.addAll(agent.sources());
    agents.put(agent.spec().name(), agent);
  }

  /// Tells all sources of tools that the job is not worked on here any more.
  void left(JobId job) {
    for (var source : sources) {
      try {
        source.left(job);
      } catch (RuntimeException fault) {
        LOG.warn("Tools of {} were not told that job {} left", source.name(), job, fault);
      }
    }
  }

  /// What models may delegate, as of now.
  SubTaskOptions subTaskOptions() {
    return subTaskOptions;
  }

  /// Lets other rules apply from now on.
  void subTaskOptions(SubTaskOptions others) {
    subTaskOptions = others;
  }

  Optional<AgentSpec> agent(String name) {
    return Optional.ofNullable(agents.get(name)).map(Agent::spec);
  }

  Optional<Program> program(String agent) {
    return Optional.ofNullable(agents.get(agent)).flatMap(Agent::program);
  }

  Optional<WorkspaceRuntime> runtime(AgentSpec spec) {
    return Optional.ofNullable(runtimes.get(spec.runtime()));
  }

  /// The tools that jobs of this agent may call: those built in, and the agent's own.
  List<ToolFunction> tools(AgentSpec spec) {
    var tools = new ArrayList<>(builtIn.values());
    spec.tools().forEach(name -> tool(spec, name).ifPresent(tools::add));
    return tools;
  }

  List<WorkspaceRuntime.ToolSignature> signatures(AgentSpec spec) {
    return Stream.concat(
            tools(spec).stream()
                .filter(tool -> tool.visibility().inCode())
                .map(tool -> signature(spec, tool)),
            spec.tools().stream()
                .flatMap(name -> factory(spec, name).stream())
                .map(Registry::signature))
        .toList();
  }

  /// A job that was stored before its agent's tool had an error handler has none.
  private WorkspaceRuntime.ToolSignature signature(AgentSpec spec, ToolFunction tool) {
    var handler =
        Optional.ofNullable(tool.errorHandler())
            .map(ToolFunction::name)
            .filter(name -> tool(spec, name).isPresent());
    return new WorkspaceRuntime.ToolSignature(
        tool.name(),
        tool.spec().documentation(),
        tool.parameters(),
        tool.exit(),
        handler.orElse(null),
        null);
  }

  private static WorkspaceRuntime.ToolSignature signature(SubTaskFactory factory) {
    return new WorkspaceRuntime.ToolSignature(
        factory.name(), factory.description(), factory.parameters(), null, null, factory.types());
  }

  Optional<ToolFunction> tool(AgentSpec spec, String name) {
    if (builtIn.containsKey(name)) {
      return Optional.of(builtIn.get(name));
    }
    return Optional.ofNullable(agents.get(spec.name())).stream()
        .flatMap(agent -> agent.tools().stream())
        .filter(tool -> tool.name().equals(name) && spec.tools().contains(name))
        .findFirst()
        .or(() -> remember(spec, name));
  }

  /// Every process has the tool by which memories are written: what it may write is said by the
  /// job's definition alone.
  private static Optional<ToolFunction> remember(AgentSpec spec, String name) {
    return Optional.of(ToolFunction.REMEMBER)
        .filter(tool -> tool.name().equals(name) && spec.tools().contains(name));
  }

  /// What looks at the agent's calls of tools before they are made.
  List<ToolHook> hooks(AgentSpec spec) {
    return Optional.ofNullable(agents.get(spec.name())).map(Agent::hooks).orElse(List.of());
  }

  /// The agent's subtask factory of that name.
  Optional<SubTaskFactory> factory(AgentSpec spec, String name) {
    return Optional.ofNullable(agents.get(spec.name())).stream()
        .flatMap(agent -> agent.subTasks().stream())
        .filter(factory -> factory.name().equals(name) && spec.tools().contains(name))
        .findFirst();
  }

  /// A subtask factory as permissions look at it.
  ToolFunction described(SubTaskFactory factory) {
    return ToolFunction.of(
        factory.name(),
        factory.description(),
        factory.parameters(),
        call -> {
          throw new IllegalStateException("Only code can call " + factory.name());
        });
  }

  /// Why a tool cannot be called with these arguments; empty if it can.
  Optional<String> misfit(ToolSpec tool, Json arguments) {
    return arguments instanceof Json.Object
        ? schemas
            .computeIfAbsent(tool, Registry::schema)
            .flatMap(schema -> schema.problems(arguments))
        : Optional.of("the arguments are no JSON object: " + Value.of(arguments).text());
  }

  /// Tools of others may come with a schema that is none; such a tool judges its arguments itself.
  private static Optional<ResultSchema> schema(ToolSpec tool) {
    try {
      return Optional.of(ResultSchema.of(tool.schema()));
    } catch (RefusedException none) {
      LOG.warn("Arguments of tool {} are not checked: {}", tool.name(), none.getMessage());
      return Optional.empty();
    }
  }

  Model model(AgentSpec spec, String name) {
    var given = Optional.ofNullable(agents.get(spec.name())).flatMap(Agent::model);
    if (given.isPresent() && name.startsWith("object:")) {
      return given.get();
    }
    int colon = name.indexOf(':');
    var provider = providers.get(name.substring(0, Math.max(colon, 0)));
    if (provider == null) {
      throw new ModelException(
          "No provider here for the model "
              + name
              + " of agent "
              + spec.name()
              + "; known are "
              + providers.keySet()
              + ". Add the provider's module, or choose another model.");
    }
    return provider.model(name.substring(colon + 1));
  }

  /// What this process lacks to advance jobs of the agent; empty when it lacks nothing.
  Optional<String> missing(AgentSpec spec) {
    if (!runtimes.containsKey(spec.runtime())) {
      return Optional.of("the workspace runtime " + spec.runtime());
    }
    if (spec.runtime().equals(JavaRuntime.NAME) && program(spec.name()).isEmpty()) {
      return Optional.of("the Java program of agent " + spec.name());
    }
    if (spec.model() != null
        && spec.model().startsWith("object:")
        && !agents.containsKey(spec.name())) {
      return Optional.of("the model of agent " + spec.name());
    }
    return spec.tools().stream()
        .filter(name -> tool(spec, name).isEmpty() && factory(spec, name).isEmpty())
        .findFirst()
        .map(name -> "the tool " + name + " of agent " + spec.name());
  }

  void close() {
    runtimes.values().forEach(WorkspaceRuntime::close);
  }
}
