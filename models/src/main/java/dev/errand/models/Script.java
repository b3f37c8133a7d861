package dev.errand.models;

import dev.errand.job.Usage;
import java.util.List;
import java.util.Map;

/// What a scripted model says, and to whom.
///
/// @param name where it was read from
/// @param agents the replies for the agents that have their own
/// @param others the replies for all others
record Script(String name, Map<String, List<Line>> agents, List<Line> others) {
  Script {
    agents = Map.copyOf(agents);
    others = List.copyOf(others);
  }

  List<Line> lines(String agent) {
    return agents.getOrDefault(agent, others);
  }

  /// One reply.
  sealed interface Line {
    /// The model answers.
    record Says(String text, Usage usage) implements Line {
      static Says free(String text) {
        return new Says(text, new Usage(1, 0, 0, 0));
      }
    }

    /// The call fails.
    record Fails(String message) implements Line {}
  }
}
