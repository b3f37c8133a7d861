package dev.errand.agents;

import dev.errand.agent.ToolFunction;
import dev.errand.agent.ToolSource;
import dev.errand.job.Rule;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The tools that agents of this process may be given, by the names that agent files use.
///
/// Immutable and safe for use by several threads: each method that adds something returns another
/// toolbox. `docs/tools.md` describes the tools.
public final class Toolbox {
  private static final List<String> STANDARD =
      List.of("Read", "Grep", "Glob", "Write", "Edit", "Think", "python_cli");

  private final @Nullable Path directory;
  private final List<Path> roots;
  private final Map<String, Entry> entries;
  private final List<ToolSource> sources;
  private final @Nullable Set<String> allowed;
  private final @Nullable SkillFolders skills;

  /// How a tool comes to be.
  private sealed interface Entry {
    /// It is there.
    record There(ToolFunction tool) implements Entry {}

    /// It needs the directory; `subjects` is what rules of permissions look at in its calls.
    record InDirectory(
        Function<Premises, Object> method, Function<Premises, ToolFunction.Subjects> subjects)
        implements Entry {}

    /// Somebody must ask for it, by the method of that name.
    record OptIn(String method) implements Entry {}
  }

  /// What comes of asking for a tool.
  sealed interface Answer {
    /// Here it is.
    record Here(ToolFunction tool) implements Answer {}

    /// Here they are: all tools of a source, or one.
    record Sourced(ToolSource source, boolean isWhole) implements Answer {}

    /// This process does not give it.
    record Withheld(String why) implements Answer {}

    /// It cannot be made as this toolbox is.
    record Lacking(String what) implements Answer {}

    /// There is none of that name.
    record Unknown(String advice) implements Answer {}
  }

  private Toolbox(
      @Nullable Path directory,
      List<Path> roots,
      Map<String, Entry> entries,
      List<ToolSource> sources,
      @Nullable Set<String> allowed,
      @Nullable SkillFolders skills) {
    this.directory = directory;
    this.roots = List.copyOf(roots);
    this.entries = entries;
    this.sources = List.copyOf(sources);
    this.allowed = allowed;
    this.skills = skills;
  }

  /// The tools `Read`, `Grep`, `Glob`, `Write` and `Edit` below that directory, with `Think`,
  /// `Remember`, `SubTask`, `python_cli` and `History`. The directory need not be there yet.
  public static Toolbox in(Path directory) {
    return new Toolbox(directory, List.of(), builtIn(), List.of(), null, null);
  }

  /// The tools that need no directory: `Think`, `Remember`, `SubTask`, `python_cli` and `History`.
  public static Toolbox withoutDirectory() {
    return new Toolbox(null, List.of(), builtIn(), List.of(), null, null);
  }

  private static Map<String, Entry> builtIn() {
    var entries = new LinkedHashMap<String, Entry>();
    entries.put("Read", ofPath(ReadTool::new));
    entries.put("Grep", ofPath(GrepTool::new));
    entries.put("Glob", ofPath(GlobTool::new));
    entries.put("Write", ofPath(at -> new WriteTool(new FileChanges(at))));
    entries.put("Edit", ofPath(at -> new EditTool(new FileChanges(at))));
    entries.put("Think", new Entry.There(Heeding.tool(new ThinkTool())));
    for (var tool :
        List.of(
            ToolFunction.REMEMBER,
            ToolFunction.SUB_TASK,
            ToolFunction.PYTHON_CLI,
            ToolFunction.HISTORY)) {
      entries.put(tool.name(), new Entry.There(tool));
    }
    entries.put("Bash", new Entry.OptIn("bash()"));
    entries.put("WebFetch", new Entry.OptIn("web(hosts)"));
    entries.put(SkillTool.NAME, new Entry.OptIn("skills(folders)"));
    return entries;
  }

  private static Entry ofPath(Function<Premises, Object> method) {
    return new Entry.InDirectory(
        method,
        premises ->
            (parameters, arguments) -> premises.subjects(arguments.text("path").orElse(".")));
  }

  /// The same, whose tools may also reach what is below these directories; default the working
  /// directory only.
  public Toolbox roots(Path... more) {
    var all = Stream.concat(roots.stream(), Stream.of(more)).toList();
    return new Toolbox(directory, all, entries, sources, allowed, skills);
  }

  /// The same with `Bash`, which no root holds in: it may do whatever this process may.
  public Toolbox bash() {
    ToolFunction.Subjects commands =
        (parameters, arguments) -> SimpleCommands.of(arguments.text("command").orElse(""));
    return plus("Bash", new Entry.InDirectory(BashTool::new, premises -> commands));
  }

  /// The same with `WebFetch` for these hosts: `docs.example.com`, or `*.example.com` for all below
  /// it. An address that is not public must be listed itself, such as `localhost`.
  ///
  /// @throws IllegalArgumentException if there is none, or one that is no host
  public Toolbox web(String... hosts) {
    if (hosts.length == 0) {
      throw new IllegalArgumentException("Name the hosts that WebFetch may call");
    }
    var tool =
        Heeding.tool(new WebFetchTool(new AllowedHosts(List.of(hosts))))
            .subjects((parameters, arguments) -> domain(arguments.text("url").orElse("")));
    return plus("WebFetch", new Entry.There(tool));
  }

  private static List<Rule.Subject> domain(String url) {
    try {
      var host = URI.create(url.strip()).getHost();
      return host == null
          ? List.of()
          : List.of(Rule.Subject.text("domain:" + host.toLowerCase(Locale.ROOT)));
    } catch (IllegalArgumentException noAddress) {
      return List.of();
    }
  }

  /// The same with the tool `Skill`, for the skills in these folders; an agent file says which of
  /// them its agent has.
  public Toolbox skills(SkillFolders folders) {
    var more = new LinkedHashMap<>(entries);
    more.put(SkillTool.NAME, new Entry.There(Skills.of(folders).tool()));
    return new Toolbox(directory, roots, more, sources, allowed, folders);
  }

  /// Where its skills are; null if it has none.
  @Nullable SkillFolders skillFolders() {
    return skills;
  }

  /// The same with tools of your own.
  ///
  /// @throws IllegalArgumentException if there is a tool of that name; one that must be asked for,
  ///   such as `Bash`, may be given this way
  public Toolbox with(ToolFunction... more) {
    var box = this;
    for (var tool : more) {
      var known = box.entries.get(tool.name());
      if (known != null && !(known instanceof Entry.OptIn)) {
        throw new IllegalArgumentException("There is a tool " + tool.name() + " already");
      }
      box = box.plus(tool.name(), new Entry.There(tool));
    }
    return box;
  }

  /// The same with tools of your own: the methods with [dev.errand.agent.Tool] of these objects.
  ///
  /// @throws IllegalArgumentException if an object has no such method, or there is a tool of a name
  public Toolbox with(Object... owners) {
    var tools = Stream.of(owners).flatMap(owner -> ToolFunction.of(owner).stream());
    return with(tools.toArray(ToolFunction[]::new));
  }

  /// The same with the tools of a source, such as an MCP server: agent files name them
  /// `mcp__SOURCE`, for all of them, or `mcp__SOURCE__TOOL`. An agent whose file names no tools has
  /// them all. The source is closed by who made it.
  ///
  /// @throws IllegalArgumentException if there is a source of that name
  public Toolbox source(ToolSource source) {
    if (sources.stream().anyMatch(one -> isSame(one, source))) {
      throw new IllegalArgumentException("There are tools of " + source.name() + " already");
    }
    var more = Stream.concat(sources.stream(), Stream.of(source)).toList();
    return new Toolbox(directory, roots, entries, more, allowed, skills);
  }

  private static boolean isSame(ToolSource one, ToolSource other) {
    return ToolSource.alias(one.name()).equals(ToolSource.alias(other.name()));
  }

  /// The same, of which no other tools than these are given, whatever is added later; default all.
  ///
  /// @throws IllegalArgumentException if there is no tool of a name
  public Toolbox only(String... names) {
    for (var name : names) {
      if (look(name) instanceof Answer.Unknown(var advice)) {
        throw new IllegalArgumentException(advice);
      }
    }
    var fewer = new LinkedHashSet<>(List.of(names));
    if (allowed != null) {
      fewer.retainAll(allowed);
    }
    return new Toolbox(directory, roots, entries, sources, fewer, skills);
  }

  private Toolbox plus(String name, Entry entry) {
    var more = new LinkedHashMap<>(entries);
    more.put(name, entry);
    return new Toolbox(directory, roots, more, sources, allowed, skills);
  }

  /// The tool of that name.
  ///
  /// @throws IllegalArgumentException if there is none, it was not asked for, is not allowed, or
  ///   needs a directory and there is none
  /// @throws dev.errand.job.ToolSourceException if it is one of a source that cannot be reached
  public ToolFunction tool(String name) {
    return switch (look(name)) {
      case Answer.Here(var tool) -> tool;
      case Answer.Sourced(var source, var isWhole) ->
          throw new IllegalArgumentException(
              "%s is of the source %s, whose connection is counted by the agents that have it: give the agent the source, or source.only(…)"
                  .formatted(name, source.name()));
      case Answer.Withheld(var why) -> throw new IllegalArgumentException(why);
      case Answer.Lacking(var what) -> throw new IllegalArgumentException(what);
      case Answer.Unknown(var advice) -> throw new IllegalArgumentException(advice);
    };
  }

  /// The tools of these names, in that order.
  ///
  /// @throws IllegalArgumentException as [#tool] does
  public List<ToolFunction> tools(String... names) {
    return Stream.of(names).map(this::tool).toList();
  }

  /// The tools of an agent that names none: `Read`, `Grep`, `Glob`, `Write`, `Edit`, `Think` and
  /// `python_cli`, as far as this toolbox gives them.
  public List<ToolFunction> standard() {
    return given(STANDARD.stream());
  }

  /// The sources whose tools it gives all of.
  List<ToolSource> sources() {
    return sources.stream()
        .filter(source -> look(ToolSource.alias(source.name())) instanceof Answer.Sourced)
        .toList();
  }

  /// The names of all that it gives, but for those of sources.
  public List<String> names() {
    return given(entries.keySet().stream()).stream().map(ToolFunction::name).toList();
  }

  private List<ToolFunction> given(Stream<String> names) {
    var given = new ArrayList<ToolFunction>();
    names.forEach(
        name -> {
          if (look(name) instanceof Answer.Here(var tool)) {
            given.add(tool);
          }
        });
    return List.copyOf(given);
  }

  /// What comes of asking for a tool.
  Answer look(String name) {
    var entry = entries.get(name);
    if (entry == null) {
      return sources.stream()
          .filter(source -> isOf(source, name))
          .findFirst()
          .map(source -> sourced(source, name))
          .orElseGet(() -> unknown(name));
    }
    if (allowed != null && !allowed.contains(name)) {
      return new Answer.Withheld(
          "Tool %s is not among those that this process allows: %s"
              .formatted(name, String.join(", ", allowed)));
    }
    return switch (entry) {
      case Entry.There(var tool) -> new Answer.Here(tool);
      case Entry.InDirectory made -> inDirectory(name, made);
      case Entry.OptIn(var method) ->
          new Answer.Withheld(
              "Tool %s must be asked for by whoever starts this process: Toolbox.%s"
                  .formatted(name, method));
    };
  }

  private static boolean isOf(ToolSource source, String name) {
    var alias = ToolSource.alias(source.name());
    return name.equals(alias) || name.startsWith(alias + "__");
  }

  private Answer sourced(ToolSource source, String name) {
    var alias = ToolSource.alias(source.name());
    if (allowed != null && !allowed.contains(name) && !allowed.contains(alias)) {
      return new Answer.Withheld(
          "Tool %s is not among those that this process allows: %s"
              .formatted(name, String.join(", ", allowed)));
    }
    if (name.equals(alias) || name.equals(alias + "__*")) {
      return new Answer.Sourced(source, true);
    }
    var one = source.only(tool -> tool.isKnownAs(name));
    return one.tools().isEmpty()
        ? new Answer.Withheld(
            "There is no tool %s; %s has %s"
                .formatted(
                    name,
                    source.name(),
                    source.tools().stream()
                        .map(tool -> String.valueOf(tool.alias()))
                        .collect(Collectors.joining(", "))))
        : new Answer.Sourced(one, false);
  }

  private Answer inDirectory(String name, Entry.InDirectory made) {
    if (directory == null) {
      return new Answer.Lacking(
          "Tool %s needs a working directory, and this toolbox has none; make it with Toolbox.in(directory)"
              .formatted(name));
    }
    var premises = new Premises(directory, roots);
    var tool = Heeding.tool(made.method().apply(premises));
    return new Answer.Here(tool.subjects(made.subjects().apply(premises)));
  }

  private Answer.Unknown unknown(String name) {
    var alike = entries.keySet().stream().filter(name::equalsIgnoreCase).findFirst();
    return new Answer.Unknown(
        "There is no tool %s; %s"
            .formatted(
                name,
                alike
                    .map("did you mean %s?"::formatted)
                    .orElse("known are " + String.join(", ", entries.keySet()))));
  }
}
