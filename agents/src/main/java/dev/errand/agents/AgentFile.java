package dev.errand.agents;

import dev.errand.agent.Agent;
import dev.errand.agent.ToolFunction;
import dev.errand.job.ChatStyle;
import dev.errand.job.MemoryUse;
import dev.errand.job.Permissions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// An agent as a Markdown file describes it: YAML between two lines `---`, then its prompt.
///
/// The format is the one of `.claude/agents/*.md`; `docs/agents.md` describes it. A file without
/// front matter is all prompt.
///
/// @param path the file
/// @param name what the agent is called; default the file's name without `.md`
/// @param description what it is for, in the words of the file; empty for none
/// @param prompt its instructions
/// @param settings what else the file says
/// @param warnings what in the file means nothing here, with its line
public record AgentFile(
    Path path,
    String name,
    String description,
    String prompt,
    AgentSettings settings,
    List<String> warnings) {
  public AgentFile {
    warnings = List.copyOf(warnings);
  }

  /// Reads a file.
  ///
  /// @throws IllegalArgumentException if there is none, it cannot be read, or says something that
  ///   has no meaning; the message names the file, and the line where there is one
  public static AgentFile read(Path path) {
    var text = SourceText.of(path, "agent");
    try {
      var front = FrontMatter.of(text);
      var reader = new AgentFileReader(front.fields());
      var name = reader.text("name", null);
      var description = reader.text("description", "");
      var settings = reader.settings();
      var warnings = new ArrayList<>(front.warnings());
      warnings.addAll(reader.warnings());
      return new AgentFile(
          path,
          name == null || name.isEmpty() ? nameOf(path) : name,
          description == null ? "" : description,
          front.body(),
          settings,
          warnings);
    } catch (AgentFileError wrong) {
      throw new IllegalArgumentException(
          "Agent file %s is wrong in line %d: %s".formatted(path, wrong.line(), wrong.getMessage()),
          wrong);
    }
  }

  /// The name of an agent whose file gives none.
  static String nameOf(Path path) {
    return path.getFileName().toString().replaceFirst("(?i)\\.md$", "");
  }

  /// The agent, with tools from `toolbox` and a model by `models`.
  ///
  /// What the file asks for and is not given is left out; [#warnings(Toolbox, ModelNames)] says
  /// what.
  ///
  /// @throws IllegalArgumentException if it names a tool or model that nobody knows, or a tool that
  ///   lacks what it needs; the message names the file
  /// @throws dev.errand.job.ToolSourceException if the tools of a source cannot be had
  public Agent agent(Toolbox toolbox, ModelNames models) {
    return agent(toolbox, models, List.of());
  }

  /// The same, which may make only such calls as all of these rules allow too.
  public Agent agent(Toolbox toolbox, ModelNames models, List<Permissions> rules) {
    try {
      var python = settings.python();
      var choice = ToolChoice.of(settings, toolbox);
      var all = new ArrayList<>(List.of(settings.permissions(), choice.permissions()));
      all.addAll(rules);
      var skills = SkillChoice.of(settings, toolbox);
      var builder =
          Agent.named(name)
              .instructions(skills.instructions(dispatching(prompt)))
              .model(models.resolve(settings.model()))
              .style(settings.style())
              .tools(acting(skills.with(choice.tools()), toolbox))
              .permissions(
                  all.stream()
                      .map(one -> ToolChoice.ours(one, toolbox))
                      .toArray(Permissions[]::new))
              .tools(choice.sources().toArray())
              .concurrentTools(settings.concurrentTools())
              .compactAt(settings.compactAt())
              .limits(settings.limits())
              .restricted(python.restricted())
              .imports(python.imports().toArray(String[]::new));
      settings.memoryOf(name).ifPresent(builder::memory);
      if (!settings.threads().isEmpty()) {
        builder.warmup(Dispatcher.code(settings.threads()));
      }
      var warmup = python.warmup();
      return (warmup == null ? builder : builder.warmup(warmup)).build();
    } catch (IllegalArgumentException unknown) {
      throw refused(unknown);
    }
  }

  /// The same agent with that memory, whatever its file says.
  ///
  /// @throws IllegalArgumentException if it is no name of a memory
  public AgentFile memory(String memory) {
    MemoryUse.requireName(memory);
    return new AgentFile(path, name, description, prompt, settings.memory(memory), warnings);
  }

  private String dispatching(String text) {
    var threads = settings.threads();
    return threads.isEmpty() ? text : Dispatcher.instructions(text, threads);
  }

  /// A dispatcher acts by code, and one that calls tools has no other way to run it.
  private List<ToolFunction> acting(List<ToolFunction> tools, Toolbox toolbox) {
    boolean lacksCode =
        settings.style() == ChatStyle.DIRECT && !tools.contains(ToolFunction.PYTHON_CLI);
    if (settings.threads().isEmpty() || !lacksCode) {
      return tools;
    }
    var name = ToolFunction.PYTHON_CLI.name();
    if (settings.withoutTools().contains(name)) {
      throw new IllegalArgumentException(
          "threads are begun by " + name + ", which it is not to have");
    }
    return Stream.concat(tools.stream(), Stream.of(toolbox.tool(name))).toList();
  }

  /// What in the file means nothing here, or something else than it says, with these tools and
  /// models: [#warnings], and more.
  ///
  /// @throws IllegalArgumentException as [#agent] does
  public List<String> warnings(Toolbox toolbox, ModelNames models) {
    try {
      var all = new ArrayList<>(warnings);
      all.addAll(ToolChoice.of(settings, toolbox).warnings());
      if ("user".equals(settings.memory())) {
        all.add(
            "Memory user is kept in the store of the job, as memory %s: other stores have others"
                .formatted(name));
      }
      SkillChoice.of(settings, toolbox).warnings().stream()
          .filter(warning -> !all.contains(warning))
          .forEach(all::add);
      var asked = settings.model();
      var model = models.resolve(asked);
      if (models.isReplaced(asked)) {
        all.add(
            "Model %s has no meaning here; the standard one is taken, %s".formatted(asked, model));
      }
      return List.copyOf(all);
    } catch (IllegalArgumentException unknown) {
      throw refused(unknown);
    }
  }

  private IllegalArgumentException refused(IllegalArgumentException why) {
    return new IllegalArgumentException(
        "Agent %s of %s: %s".formatted(name, path, why.getMessage()), why);
  }
}
