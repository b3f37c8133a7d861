package dev.errand.agent;

import java.util.Set;

/// Finds names for tools whose names nobody here has chosen.
final class ForeignNames {
  /// What they mean in Python, in every workspace, or as a tool of every job; a tool of such a name
  /// would take it away.
  private static final Set<String> MEANT =
      Set.of(
          """
          False None True and as assert async await break class continue def del elif else except finally for from
          global if import in is lambda nonlocal not or pass raise return try while with yield match case type
          abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex
          delattr dict dir divmod enumerate eval exec exit filter float format frozenset getattr globals hasattr hash
          help hex id input int isinstance issubclass iter len list locals map max memoryview min next object oct open
          ord pow print property quit range repr reversed round set setattr slice sorted staticmethod str sum super
          tuple vars zip
          agent answer as_completed at brief callback cancel complete_sub_task create_new_job create_sub_task
          current_job delegate docstr durable find_sub_task_handler get_all get_any new_job report_progress sleep
          sub_tasks subtask tell temporal timer wait_all wait_any
          python_cli SubTask read_text list_files
          Read Grep Glob Write Edit Bash WebFetch Think Remember History Skill
          """
              .split("\\s+"));

  private ForeignNames() {}

  /// The tool under a name that is free: its own, or else its alias, or else that with a number.
  static ToolFunction freed(ToolFunction tool, Set<String> taken) {
    if (isFree(tool.name(), taken)) {
      return tool;
    }
    var alias = tool.alias() == null ? tool.name() : tool.alias();
    var wanted = alias.replaceAll("[^A-Za-z0-9_]", "_");
    var name = wanted;
    for (int n = 2; !isFree(name, taken); n++) {
      name = wanted + "_" + n;
    }
    return tool.named(name);
  }

  private static boolean isFree(String name, Set<String> taken) {
    return !taken.contains(name) && !MEANT.contains(name);
  }
}
