package dev.errand.models;

import dev.errand.agent.Model;
import dev.errand.spi.ModelProvider;

/// Finds `ollama:NAME`: models on this machine, or where `OLLAMA_BASE_URL` says.
///
/// Wants no key; its address ends with `/v1`.
public final class OllamaModels implements ModelProvider {
  private final HostedModels models = HostedModels.of(Service.OLLAMA);

  /// For `java.util.ServiceLoader`.
  public OllamaModels() {}

  @Override
  public String provider() {
    return models.provider();
  }

  @Override
  public Model model(String name) {
    return models.model(name);
  }
}
