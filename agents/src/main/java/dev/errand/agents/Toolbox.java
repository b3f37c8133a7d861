package dev.errand.agents;

import dev.errand.agent.ToolFunction;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
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
  private final @Nullable Set<String> allowed;
  private final @Nullable SkillFolders skills;

  /// How a tool comes to be.
  private sealed interface Entry {
    /// It is there.
    record There(ToolFunction tool) implements Entry {}

    /// It needs the directory.
    record InDirectory(Function<Premises, Object> method) implements Entry {}

    /// Somebody must ask for it, by the method of that name.
    record OptIn(String method) implements Entry {}
  }

  /// What comes of asking for a tool.
  sealed interface Answer {
    /// Here it is.
    record Here(ToolFunction tool) implements Answer {}

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
      @Nullable Set<String> allowed,
      @Nullable SkillFolders skills) {
    this.directory = directory;
    this.roots = List.copyOf(roots);
    this.entries = entries;
    this.allowed = allowed;
    this.skills = skills;
  }

  /// The tools `Read`, `Grep`, `Glob`, `Write` and `Edit` below that directory, with `Think`,
  /// `SubTask`, `python_cli` and `History`. The directory need not be there yet.
  public static Toolbox in(Path directory) {
    return new Toolbox(directory, List.of(), builtIn(), null, null);
  }

  /// The tools that need no directory: `Think`, `SubTask`, `python_cli` and `History`.
  public static Toolbox withoutDirectory() {
    return new Toolbox(null, List.of(), builtIn(), null, null);
  }

  private static Map<String, Entry> builtIn() {
    var entries = new LinkedHashMap<String, Entry>();
    entries.put("Read", new Entry.InDirectory(ReadTool::new));
    entries.put("Grep", new Entry.InDirectory(GrepTool::new));
    entries.put("Glob", new Entry.InDirectory(GlobTool::new));
    entries.put("Write", new Entry.InDirectory(at -> new WriteTool(new FileChanges(at))));
    entries.put("Edit", new Entry.InDirectory(at -> new EditTool(new FileChanges(at))));
    entries.put("Think", new Entry.There(Heeding.tool(new ThinkTool())));
    for (var tool : List.of(ToolFunction.SUB_TASK, ToolFunction.PYTHON_CLI, ToolFunction.HISTORY)) {
      entries.put(tool.name(), new Entry.There(tool));
    }
    entries.put("Bash", new Entry.OptIn("bash()"));
    entries.put("WebFetch", new Entry.OptIn("web(hosts)"));
    entries.put(SkillTool.NAME, new Entry.OptIn("skills(folders)"));
    return entries;
  }

  /// The same, whose tools may also reach what is below these directories; default the working
  /// directory only.
  public Toolbox roots(Path... more) {
    var all = Stream.concat(roots.stream(), Stream.of(more)).toList();
    return new Toolbox(directory, all, entries, allowed, skills);
  }

  /// The same with `Bash`, which no root holds in: it may do whatever this process may.
  public Toolbox bash() {
    return plus("Bash", new Entry.InDirectory(BashTool::new));
  }

  /// The same with `WebFetch` for these hosts: `docs.example.com`, or `*.example.com` for all below
  /// it. An address that is not public must be listed itself, such as `localhost`.
  ///
  /// @throws IllegalArgumentException if there is none, or one that is no host
  public Toolbox web(String... hosts) {
    if (hosts.length == 0) {
      throw new IllegalArgumentException("Name the hosts that WebFetch may call");
    }
    var tool = Heeding.tool(new WebFetchTool(new AllowedHosts(List.of(hosts))));
    return plus("WebFetch", new Entry.There(tool));
  }

  /// The same with the tool `Skill`, for the skills in these folders; an agent file says which of
  /// them its agent has.
  public Toolbox skills(SkillFolders folders) {
    var more = new LinkedHashMap<>(entries);
    more.put(SkillTool.NAME, new Entry.There(Skills.of(folders).tool()));
    return new Toolbox(directory, roots, more, allowed, folders);
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
    return new Toolbox(directory, roots, entries, fewer, skills);
  }

  private Toolbox plus(String name, Entry entry) {
    var more = new LinkedHashMap<>(entries);
    more.put(name, entry);
    return new Toolbox(directory, roots, more, allowed, skills);
  }

  /// The tool of that name.
  ///
  /// @throws IllegalArgumentException if there is none, it was not asked for, is not allowed, or
  ///   needs a directory and there is none
  public ToolFunction tool(String name) {
    return switch (look(name)) {
      case Answer.Here(var tool) -> tool;
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

  /// The names of all that it gives.
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
      return unknown(name);
    }
    if (allowed != null && !allowed.contains(name)) {
      return new Answer.Withheld(
          "Tool %s is not among those that this process allows: %s"
              .formatted(name, String.join(", ", allowed)));
    }
    return switch (entry) {
      case Entry.There(var tool) -> new Answer.Here(tool);
      case Entry.InDirectory(var method) -> inDirectory(name, method);
      case Entry.OptIn(var method) ->
          new Answer.Withheld(
              "Tool %s must be asked for by whoever starts this process: Toolbox.%s"
                  .formatted(name, method));
    };
  }

  private Answer inDirectory(String name, Function<Premises, Object> method) {
    return directory == null
        ? new Answer.Lacking(
            "Tool %s needs a working directory, and this toolbox has none; make it with Toolbox.in(directory)"
                .formatted(name))
        : new Answer.Here(Heeding.tool(method.apply(new Premises(directory, roots))));
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
