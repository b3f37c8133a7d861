package dev.errand.agents;

import dev.errand.agent.Description;
import dev.errand.agent.MemoryView;
import dev.errand.agent.ShownCards;
import dev.errand.agent.Tool;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.MemoryUse;
import org.jspecify.annotations.Nullable;

/// The tool `Think`.
final class ThinkTool {
  private static final int CARDS = 5;

  @Tool(
      name = "Think",
      policy = EffectPolicy.READ_ONLY,
      visibility = ToolFunction.Visibility.CALLS,
      timeoutSeconds = 10,
      value =
          """
          Writes down a thought, and changes nothing: use it to plan, to weigh what a result means, \
          or to check a conclusion before you act on it. If you have a memory, the cards that fit \
          the thought best come back with it.\
          """)
  String think(@Description("The thought.") String thought, @Nullable MemoryView memory) {
    if (thought.isBlank()) {
      return "There was no thought in it.";
    }
    if (memory == null) {
      return "Noted.";
    }
    var shown = ShownCards.of(memory.search(thought, CARDS), MemoryUse.CHARACTERS);
    return shown.cards().isEmpty()
        ? "Noted. Nothing in your memory fits."
        : "Noted.\n" + shown.text();
  }
}
