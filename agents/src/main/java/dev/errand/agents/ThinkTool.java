package dev.errand.agents;

import dev.errand.agent.Description;
import dev.errand.agent.Tool;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;

/// The tool `Think`.
final class ThinkTool {
  @Tool(
      name = "Think",
      policy = EffectPolicy.READ_ONLY,
      visibility = ToolFunction.Visibility.CALLS,
      timeoutSeconds = 10,
      value =
          """
          Writes down a thought, and changes nothing: use it to plan, to weigh what a result means, \
          or to check a conclusion before you act on it.\
          """)
  String think(@Description("The thought.") String thought) {
    return thought.isBlank() ? "There was no thought in it." : "Noted.";
  }
}
