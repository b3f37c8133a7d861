package dev.errand.models;

import dev.errand.agent.Model;
import dev.errand.spi.ModelProvider;

/// Finds `anthropic:NAME`: models of Anthropic.
///
/// Reads `ANTHROPIC_API_KEY` and `ANTHROPIC_BASE_URL`.
public final class AnthropicModels implements ModelProvider {
  private final HostedModels models = HostedModels.of(Service.ANTHROPIC);

  /// For `java.util.ServiceLoader`.
  public AnthropicModels() {}

  @Override
  public String provider() {
    return models.provider();
  }

  @Override
  public Model model(String name) {
    return models.model(name);
  }
}
