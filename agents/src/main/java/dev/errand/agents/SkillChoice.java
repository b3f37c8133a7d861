package dev.errand.agents;

import dev.errand.agent.ToolFunction;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/*
 * An agent has skills if its file names them, or lists the tool Skill, which stands for all. One that names them has the
 * tool whether it lists it or not; and it has it where none of them can be found too, for its jobs may have been told of
 * them before.
 */
/// The skills of one agent.
///
/// @param skills null if it has none
/// @param isRefused whether the file says that it is to have none
/// @param warnings what it asked for and is not given
record SkillChoice(@Nullable Skills skills, boolean isRefused, List<String> warnings) {
  SkillChoice {
    warnings = List.copyOf(warnings);
  }

  /// Those of an agent, from what its file says.
  ///
  /// @throws IllegalArgumentException if a name is none of a skill
  static SkillChoice of(AgentSettings settings, Toolbox toolbox) {
    var names = settings.skills();
    var tools = settings.tools();
    boolean isListed = tools != null && tools.contains(SkillTool.NAME);
    boolean isAsked = names == null ? isListed : !names.isEmpty();
    if (!isAsked || settings.withoutTools().contains(SkillTool.NAME)) {
      return new SkillChoice(null, names != null && names.isEmpty(), List.of());
    }
    var folders = toolbox.skillFolders();
    if (toolbox.look(SkillTool.NAME) instanceof Toolbox.Answer.Withheld(var why)) {
      return new SkillChoice(null, false, List.of(why));
    }
    if (folders == null) {
      return new SkillChoice(null, false, List.of()); // a tool of that name that is somebody's own
    }
    var all = Skills.of(folders);
    var skills =
        names == null || names.contains("*") ? all : all.only(names.toArray(String[]::new));
    var warnings = new ArrayList<>(skills.warnings());
    if (skills.all().isEmpty() && warnings.isEmpty()) {
      warnings.add("There are no skills in " + folders.places());
    }
    return new SkillChoice(skills, false, warnings);
  }

  /// The prompt with what the agent is told of its skills.
  String instructions(String prompt) {
    return skills == null ? prompt : skills.instructions(prompt);
  }

  /// The tools with the one that loads its skills.
  List<ToolFunction> with(List<ToolFunction> tools) {
    if (skills == null && !isRefused) {
      return tools;
    }
    var all = new ArrayList<>(tools);
    all.removeIf(tool -> tool.name().equals(SkillTool.NAME));
    if (skills != null) {
      all.add(skills.tool());
    }
    return all;
  }
}
