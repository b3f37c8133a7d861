package dev.errand.agents;

import dev.errand.agent.ToolFunction;
import dev.errand.job.ChatStyle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/*
 * What a file asks for, and what it is given.
 *
 * Files that were written for Claude Code name tools that are not here. Where one of ours does the same and may do no more,
 * it is given in place of the other; else the agent has to do without, and a warning says so. A tool restricted to a
 * pattern, such as Bash(git:*), is not given: without the pattern it could do more than the file means. A name that
 * neither Errand nor Claude Code knows is a mistake.
 */
/// The tools of one agent.
///
/// @param tools that it is given
/// @param warnings what it asked for and is not given, or not as it was asked for
record ToolChoice(List<ToolFunction> tools, List<String> warnings) {
  private static final Pattern RESTRICTED = Pattern.compile("(\\S+?)\\s*\\(.*\\)", Pattern.DOTALL);

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
    warnings = List.copyOf(warnings);
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
    settings.withoutTools().forEach(chooser::leaveOut);
    return new ToolChoice(List.copyOf(chooser.chosen.values()), chooser.warnings);
  }

  /// Collects them.
  private static final class Chooser {
    private final Toolbox toolbox;
    private final Map<String, ToolFunction> chosen = new LinkedHashMap<>();
    private final List<String> warnings = new ArrayList<>();

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
    }

    void ask(String name, ChatStyle style) {
      if (name.equals("*")) {
        standard(style);
      } else if (RESTRICTED.matcher(name).matches()) {
        warnings.add(
            "Tool %s is not given: Errand cannot hold a tool to a pattern yet, and without it the agent could do more than the file says"
                .formatted(name));
      } else {
        var known = toolbox.look(name) instanceof Toolbox.Answer.Unknown ? SAME.get(name) : null;
        give(name, known == null ? name : known);
      }
    }

    private void give(String asked, String name) {
      switch (toolbox.look(name)) {
        case Toolbox.Answer.Here(var tool) -> {
          chosen.put(tool.name(), tool);
          if (!asked.equals(name)) {
            warnings.add("Tool " + asked + " is not here; " + name + " is given in its place");
          }
        }
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

    /// One restricted to a pattern is left out as a whole: the file wants less, not more.
    void leaveOut(String name) {
      var restricted = RESTRICTED.matcher(name);
      var plain = restricted.matches() ? restricted.group(1) : name;
      chosen.remove(SAME.getOrDefault(plain, plain));
    }
  }
}
