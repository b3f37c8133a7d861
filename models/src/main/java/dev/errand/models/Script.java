package dev.errand.models;

import dev.errand.agent.Model.Reply;
import dev.errand.agent.Model.Request;
import dev.errand.job.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// What a scripted model says, and to whom.
///
/// @param name where it was read from
/// @param agents the replies for the agents that have their own
/// @param others the replies for all others
/// @param summary what it says when it is asked for a summary; empty for a line that counts
record Script(String name, Map<String, List<Line>> agents, List<Line> others, String summary) {
  /// What a call costs that the script gives no price.
  static final Usage FREE = new Usage(1, 0, 0, 0);

  Script {
    agents = Map.copyOf(agents);
    others = List.copyOf(others);
  }

  List<Line> lines(String agent) {
    return agents.getOrDefault(agent, others);
  }

  Reply summary(Request request) {
    var text = summary.isEmpty() ? counted(request.messages().size()) : summary;
    return new Reply(text, FREE);
  }

  private static String counted(int messages) {
    return "Summary of " + messages + (messages == 1 ? " message." : " messages.");
  }

  /// What a call of the model comes to, and after how long.
  record Line(Outcome outcome, Duration delay) {
    static Line says(Reply reply) {
      return new Line(new Outcome.Says(reply), Duration.ZERO);
    }

    static Line says(String text) {
      return says(new Reply(text, FREE));
    }
  }

  /// What a call comes to.
  sealed interface Outcome {
    /// The model answers.
    record Says(Reply reply) implements Outcome {}

    /// The call fails.
    record Fails(String message) implements Outcome {}
  }
}
