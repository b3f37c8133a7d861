package dev.errand.agents;

import dev.errand.agent.ToolFunction;
import dev.errand.agent.ToolSource;
import dev.errand.job.ChatStyle;
import dev.errand.job.Conduct;
import dev.errand.job.Permissions;
import dev.errand.job.Rule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/*
 * What a file asks for, and what it is given.
 *
 * Files that were written for Claude Code name tools that are not here. Where one of ours does the same and may do no more,
 * it is given in place of the other; else the agent has to do without, and a warning says so. A tool restricted to
 * patterns, such as Bash(git:*), is held to them by a permission, and one that is to do without some calls by another. A name that
 * neither Errand nor Claude Code knows is a mistake.
 */
/// The tools of one agent.
///
/// @param tools that it is given
/// @param sources of further tools that it is given
/// @param permissions what holds them to patterns
/// @param warnings what it asked for and is not given, or not as it was asked for
record ToolChoice(
    List<ToolFunction> tools,
    List<ToolSource> sources,
    Permissions permissions,
    List<String> warnings) {
  private static final Pattern RESTRICTED =
      Pattern.compile("(\\S+?)\\s*\\((.*)\\)", Pattern.DOTALL);

  private static final Map<String, String> SAME =
      Map.of(
          "Task", "SubTask",
          "Agent", "SubTask",
          "MultiEdit", "Edit",
          "LS", "Glob",
          "NotebookRead", "Read");

  private static final Set<String> OF_OTHERS =
      Set.of(
          "AskUserQuestion",
          "BashOutput",
          "EnterPlanMode",
          "ExitPlanMode",
          "KillBash",
          "KillShell",
          "ListMcpResourcesTool",
          "LSP",
          "NotebookEdit",
          "ReadMcpResourceTool",
          "SlashCommand",
          "TaskOutput",
          "TaskStop",
          "TodoRead",
          "TodoWrite",
          "WebSearch");

  ToolChoice {
    tools = List.copyOf(tools);
    sources = List.copyOf(sources);
    warnings = warnings.stream().distinct().toList();
  }

  /// The same rules, with the names of our own tools for those of others that are not here.
  static Permissions ours(Permissions rules, Toolbox toolbox) {
    return new Permissions(
        ours(rules.allow(), toolbox),
        ours(rules.ask(), toolbox),
        ours(rules.deny(), toolbox),
        ours(rules.only(), toolbox),
        rules.otherwise(),
        rules.answerWithin(),
        rules.grants(),
        rules.granted());
  }

  private static List<Rule> ours(List<Rule> rules, Toolbox toolbox) {
    return rules.stream()
        .map(rule -> new Rule(ours(rule.tool(), toolbox), rule.pattern()))
        .toList();
  }

  /// What a tool of that name is called here.
  private static String ours(String name, Toolbox toolbox) {
    boolean isUnknown = toolbox.look(name) instanceof Toolbox.Answer.Unknown;
    return isUnknown ? SAME.getOrDefault(name, name) : name;
  }

  /// The tools of an agent, from what its file says.
  ///
  /// @throws IllegalArgumentException if a name is unknown, or a tool lacks what it needs
  static ToolChoice of(AgentSettings settings, Toolbox toolbox) {
    var chooser = new Chooser(toolbox);
    var asked = settings.tools();
    if (asked == null) {
      chooser.standard(settings.style());
    } else {
      asked.forEach(name -> chooser.ask(name, settings.style()));
    }
    if (settings.memory() != null) {
      chooser.rememberToo();
    } else if (chooser.chosen.containsKey(Conduct.REMEMBER)) {
      chooser.warnings.add(
          "Tool Remember has nothing to write to: the agent has no memory; its file could say"
              + " memory: NAME");
    }
    settings.withoutTools().forEach(chooser::leaveOut);
    return new ToolChoice(
        List.copyOf(chooser.chosen.values()),
        chooser.sources(),
        chooser.permissions(),
        chooser.warnings);
  }

  /// Collects them.
  private static final class Chooser {
    private final Toolbox toolbox;
    private final Map<String, ToolFunction> chosen = new LinkedHashMap<>();
    private final Map<String, ToolSource> sourced = new LinkedHashMap<>();
    private final Set<String> leftOut = new HashSet<>();
    private final List<String> warnings = new ArrayList<>();
    private final Set<String> whole = new HashSet<>();
    private final Map<String, List<String>> patterns = new LinkedHashMap<>();
    private final List<String> without = new ArrayList<>();

    Chooser(Toolbox toolbox) {
      this.toolbox = toolbox;
    }

    /// Code in fences is carried out by itself in the styles that have it.
    void standard(ChatStyle style) {
      for (var tool : toolbox.standard()) {
        if (style == ChatStyle.DIRECT || !tool.equals(ToolFunction.PYTHON_CLI)) {
          chosen.put(tool.name(), tool);
        }
      }
      toolbox.sources().forEach(source -> sourced.put(ToolSource.alias(source.name()), source));
    }

    /// Those that were asked for as a whole have what was asked for alone, too.
    List<ToolSource> sources() {
      return sourced.entrySet().stream()
          .filter(one -> !isWithin(one.getKey(), sourced.keySet()))
          .filter(one -> !leftOut.contains(one.getKey()) && !isWithin(one.getKey(), leftOut))
          .map(one -> one.getValue().only(tool -> leftOut.stream().noneMatch(tool::isKnownAs)))
          .toList();
    }

    private static boolean isWithin(String name, Set<String> others) {
      return others.stream().anyMatch(other -> name.startsWith(other + "__"));
    }

    /// Who has a memory may write it, whichever tools it names besides, as in Claude Code.
    void rememberToo() {
      if (toolbox.look(Conduct.REMEMBER) instanceof Toolbox.Answer.Here(var tool)) {
        chosen.putIfAbsent(tool.name(), tool);
      }
    }

    void ask(String name, ChatStyle style) {
      if (name.equals("*")) {
        standard(style);
        return;
      }
      var restricted = RESTRICTED.matcher(name);
      var plain = restricted.matches() ? restricted.group(1) : name;
      var ours = ours(plain, toolbox);
      if (restricted.matches()) {
        var rule = Rule.of(ours + "(" + restricted.group(2) + ")").toString();
        patterns.computeIfAbsent(ours, none -> new ArrayList<>()).add(rule);
      } else {
        whole.add(ours);
      }
      give(plain, ours);
    }

    /// A tool that is listed as a whole too is held to nothing.
    Permissions permissions() {
      patterns.keySet().removeAll(whole);
      var only = patterns.values().stream().flatMap(List::stream).toArray(String[]::new);
      return Permissions.ALL.only(only).deny(without.toArray(String[]::new));
    }

    private void give(String asked, String name) {
      switch (toolbox.look(name)) {
        case Toolbox.Answer.Here(var tool) -> {
          chosen.put(tool.name(), tool);
          if (!asked.equals(name)) {
            warnings.add("Tool " + asked + " is not here; " + name + " is given in its place");
          }
        }
        case Toolbox.Answer.Sourced(var source, var isWhole) ->
            sourced.put(isWhole ? ToolSource.alias(source.name()) : name, source);
        case Toolbox.Answer.Withheld(var why) -> warnings.add(why);
        case Toolbox.Answer.Lacking(var what) -> throw new IllegalArgumentException(what);
        case Toolbox.Answer.Unknown(var advice) -> {
          if (!OF_OTHERS.contains(asked) && !asked.startsWith("mcp__")) {
            throw new IllegalArgumentException(advice);
          }
          warnings.add("Tool " + asked + " is not here; the agent has to do without it");
        }
      }
    }

    void leaveOut(String name) {
      var restricted = RESTRICTED.matcher(name);
      if (restricted.matches()) {
        var plain = restricted.group(1);
        without.add(ours(plain, toolbox) + "(" + restricted.group(2) + ")");
      } else {
        chosen.remove(ours(name, toolbox));
        leftOut.add(name.replaceFirst("__\\*$", ""));
      }
    }
  }
}
