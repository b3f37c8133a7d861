package dev.errand.agents;

import dev.errand.agent.Agent;
import dev.errand.job.MemoryUse;
import dev.errand.job.Permissions;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
  private static final long MOST_BYTES = 1_000_000;

  public AgentFile {
    warnings = List.copyOf(warnings);
  }

  /// Reads a file.
  ///
  /// @throws IllegalArgumentException if there is none, it cannot be read, or says something that
  ///   has no meaning; the message names the file, and the line where there is one
  public static AgentFile read(Path path) {
    var text = text(path);
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

  private static String text(Path path) {
    try {
      if (Files.size(path) > MOST_BYTES) {
        throw new IllegalArgumentException(
            "Agent file %s has more than %,d bytes".formatted(path, MOST_BYTES));
      }
      return Files.readString(path, StandardCharsets.UTF_8);
    } catch (NoSuchFileException missing) {
      throw new IllegalArgumentException("There is no agent file " + path, missing);
    } catch (CharacterCodingException binary) {
      throw new IllegalArgumentException("Agent file " + path + " is not UTF-8 text", binary);
    } catch (IOException unreadable) {
      throw new IllegalArgumentException(
          "Agent file " + path + " cannot be read: " + unreadable.getMessage(), unreadable);
    }
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
      var builder =
          Agent.named(name)
              .instructions(prompt)
              .model(models.resolve(settings.model()))
              .style(settings.style())
              .tools(choice.tools())
              .permissions(all.toArray(Permissions[]::new))
              .tools(choice.sources().toArray())
              .concurrentTools(settings.concurrentTools())
              .compactAt(settings.compactAt())
              .limits(settings.limits())
              .restricted(python.restricted())
              .imports(python.imports().toArray(String[]::new));
      settings.memoryOf(name).ifPresent(builder::memory);
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
