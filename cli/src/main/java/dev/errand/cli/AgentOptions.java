package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agents.AgentFile;
import dev.errand.agents.AgentFolders;
import dev.errand.agents.AgentFolders.Listed;
import dev.errand.agents.ModelNames;
import dev.errand.agents.SkillFolders;
import dev.errand.agents.Toolbox;
import dev.errand.job.Permissions;
import dev.errand.job.ToolSourceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options of commands that know agents from files.
final class AgentOptions {
  /// The variable of the environment that has the model of agents whose files name none.
  static final String MODEL = "ERRAND_MODEL";

  /// Stands for a model where none is asked: the jobs of a store know theirs.
  private static final String NONE = "none:none";

  @Option(
      names = "--agents",
      paramLabel = "PATH",
      description = "A further folder of agent files, or a file; looked at first.")
  List<String> places = new ArrayList<>();

  @Option(
      names = "--skills",
      paramLabel = "DIR",
      description =
          "A further folder of skills, each a folder with a SKILL.md; looked at first. Agents whose"
              + " files name skills find them there.")
  List<String> skills = new ArrayList<>();

  @Option(names = "--allow-bash", description = "Let agents whose files list Bash use it.")
  boolean bash;

  @Option(
      names = "--allow-web",
      paramLabel = "HOST",
      description = "Let agents whose files list WebFetch read this host, such as *.example.com.")
  List<String> hosts = new ArrayList<>();

  @Mixin PermissionOptions permissions = new PermissionOptions();

  @Option(
      names = "--mcp",
      paramLabel = "FILE",
      description =
          "Let agents use the MCP servers of this file, such as .mcp.json; what it names is"
              + " started.")
  List<String> mcp = new ArrayList<>();

  private final McpFiles servers = new McpFiles();

  @Option(
      names = "--max-subtask-depth",
      paramLabel = "N",
      description =
          "How deep agents may delegate by SubTask; default ${DEFAULT-VALUE}, 0 for never.")
  int depth = 1;

  /// These options as they were given, for a command by which something goes on; each after a
  /// space.
  String asGiven() {
    var words = new StringBuilder();
    places.forEach(place -> add(words, "--agents", place));
    skills.forEach(place -> add(words, "--skills", place));
    mcp.forEach(file -> add(words, "--mcp", file));
    hosts.forEach(host -> add(words, "--allow-web", host));
    if (bash) {
      words.append(" --allow-bash");
    }
    if (depth != 1) {
      add(words, "--max-subtask-depth", String.valueOf(depth));
    }
    return words.append(permissions.asGiven()).toString();
  }

  static void add(StringBuilder words, String option, String value) {
    words.append(' ').append(option).append(' ').append(Text.quoted(value));
  }

  void check() {
    if (depth < 0) {
      throw Refusal.usage("--max-subtask-depth must not be negative, but is " + depth);
    }
    toolbox(Toolbox.withoutDirectory());
  }

  private Toolbox toolbox(Surroundings surroundings) {
    var box = toolbox(Toolbox.in(surroundings.directory()).skills(skillFolders(surroundings)));
    for (var server : servers.servers(mcp, surroundings)) {
      box = box.source(server);
    }
    return box;
  }

  private Toolbox toolbox(Toolbox plain) {
    try {
      var box = plain;
      box = bash ? box.bash() : box;
      return hosts.isEmpty() ? box : box.web(hosts.toArray(String[]::new));
    } catch (IllegalArgumentException wrong) {
      throw Refusal.usage("--allow-web: " + wrong.getMessage());
    }
  }

  /// The folders of skills.
  private SkillFolders skillFolders(Surroundings surroundings) {
    var usual = SkillFolders.of(surroundings.directory(), home(surroundings));
    var own = skills.stream().map(place -> skillFolder(surroundings, place));
    return new SkillFolders(Stream.concat(own, usual.folders().stream()).toList());
  }

  private static Path skillFolder(Surroundings surroundings, String place) {
    var folder = surroundings.file(place);
    if (!Files.isDirectory(folder)) {
      throw Refusal.usage("--skills: there is no folder " + folder);
    }
    return folder;
  }

  private static Path home(Surroundings surroundings) {
    var home = surroundings.variable("HOME");
    return Path.of(home == null ? "/nonexistent" : home);
  }

  /// The folders that are looked into.
  AgentFolders folders(Surroundings surroundings) {
    var usual = AgentFolders.of(surroundings.directory(), home(surroundings));
    var own = places.stream().map(surroundings::file).filter(Files::isDirectory);
    return new AgentFolders(Stream.concat(own, usual.folders().stream()).toList());
  }

  /// The agent of that name or in that file.
  ///
  /// @param model `provider:name` in place of what its file says; null for that
  /// @param memory the name of a memory in place of what its file says; null for that
  Agent agent(
      Surroundings surroundings, String name, @Nullable String model, @Nullable String memory) {
    try {
      var found = file(surroundings, name);
      var file = memory == null ? found : found.memory(memory);
      var names = names(file, model, surroundings.variable(MODEL));
      var toolbox = toolbox(surroundings);
      file.warnings(toolbox, names)
          .forEach(words -> surroundings.screen().say("errand: " + file.name() + ": " + words));
      return file.agent(toolbox, names, permissions.rules(surroundings));
    } catch (IllegalArgumentException wrong) {
      throw Refusal.usage(Objects.requireNonNullElse(wrong.getMessage(), name));
    }
  }

  /// What is asked for here counts before what the file says, and that before the environment.
  private static ModelNames names(
      AgentFile file, @Nullable String asked, @Nullable String standard) {
    var written = file.settings().model();
    if (asked != null) {
      var names = ModelNames.standard(asked);
      return written == null ? names : names.alias(written, asked);
    }
    return standard == null ? ModelNames.NONE : ModelNames.standard(standard);
  }

  private AgentFile file(Surroundings surroundings, String name) {
    boolean isPath = name.endsWith(".md") || name.contains("/");
    return isPath ? AgentFile.read(surroundings.file(name)) : folders(surroundings).find(name);
  }

  /// Makes the agents known whose files can be found, so that jobs of theirs go on; and how deep
  /// they may delegate.
  void register(Errand errand, Surroundings surroundings) {
    register(errand, surroundings, null);
  }

  /// The same, where children of agents whose files name no model are to have that one; null for
  /// the one of the environment.
  void register(Errand errand, Surroundings surroundings, @Nullable String model) {
    var standard = model == null ? surroundings.variable(MODEL) : model;
    var names = ModelNames.standard(standard == null ? NONE : standard);
    errand.subTasks(rules -> rules.maxDepth(depth));
    var toolbox = toolbox(surroundings);
    var rules = permissions.rules(surroundings);
    for (var listed : folders(surroundings).list()) {
      if (listed instanceof Listed.Found(var file)) {
        register(errand, surroundings, file, toolbox, names, rules);
      }
    }
    for (var place : places) {
      var path = surroundings.file(place);
      if (!Files.isDirectory(path)) {
        register(errand, surroundings, read(path), toolbox, names, rules);
      }
    }
  }

  private static AgentFile read(Path path) {
    try {
      return AgentFile.read(path);
    } catch (IllegalArgumentException wrong) {
      throw Refusal.usage(String.valueOf(wrong.getMessage()));
    }
  }

  private static void register(
      Errand errand,
      Surroundings surroundings,
      AgentFile file,
      Toolbox toolbox,
      ModelNames names,
      List<Permissions> rules) {
    try {
      errand.register(file.agent(toolbox, names, rules));
    } catch (IllegalArgumentException wrong) {
      surroundings.screen().say("errand: " + wrong.getMessage());
    } catch (ToolSourceException lacking) {
      surroundings
          .screen()
          .say(
              "errand: agent %s is not known here: %s"
                  .formatted(file.name(), lacking.getMessage()));
    }
  }
}
