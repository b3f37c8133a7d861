package dev.errand.cli;

import dev.errand.agent.Agent;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Which agent a command is to talk with, and by which model.
final class AgentChoice {
  @Mixin AgentOptions agents = new AgentOptions();

  @Parameters(
      index = "0",
      paramLabel = "AGENT",
      description = "An agent's name as errand agents lists it, or a Markdown file.")
  String name = "";

  @Option(
      names = "--model",
      paramLabel = "PROVIDER:NAME",
      description =
          "The model, such as anthropic:NAME, openai:NAME or scripted:FILE.yaml; default the one of"
              + " the agent's file, or else of ERRAND_MODEL.")
  @Nullable String model;

  @Option(
      names = "--memory",
      paramLabel = "NAME",
      description = "The agent's memory; default what its file says, or none.")
  @Nullable String memory;

  /// The options as they were given, each after a space.
  String asGiven() {
    var words = new StringBuilder();
    if (model != null) {
      AgentOptions.add(words, "--model", model);
    }
    if (memory != null) {
      AgentOptions.add(words, "--memory", memory);
    }
    return words.append(agents.asGiven()).toString();
  }

  /// The agent.
  ///
  /// @throws Refusal if there is none, or something that it names
  Agent agent(Surroundings surroundings) {
    agents.check();
    return agents.agent(surroundings, name, asked(surroundings), memory);
  }

  /// The model that is asked for; null where none is.
  @Nullable String asked(Surroundings surroundings) {
    return model == null ? null : ModelName.of(model, surroundings);
  }
}
