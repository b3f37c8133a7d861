package dev.errand.models;

import dev.errand.agent.Model;
import dev.errand.spi.ModelProvider;

/// Finds `openrouter:VENDOR/NAME`: models of many providers through OpenRouter.
///
/// Reads `OPENROUTER_API_KEY`.
public final class OpenRouterModels implements ModelProvider {
  private final HostedModels models = HostedModels.of(Service.OPENROUTER);

  /// For `java.util.ServiceLoader`.
  public OpenRouterModels() {}

  @Override
  public String provider() {
    return models.provider();
  }

  @Override
  public Model model(String name) {
    return models.model(name);
  }
}
