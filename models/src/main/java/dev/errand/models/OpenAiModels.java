package dev.errand.models;

import dev.errand.agent.Model;
import dev.errand.spi.ModelProvider;

/// Finds `openai:NAME`: models of OpenAI, or of any server that speaks as it does.
///
/// Reads `OPENAI_API_KEY` and `OPENAI_BASE_URL`; a server of another address may want no key.
public final class OpenAiModels implements ModelProvider {
  private final HostedModels models = HostedModels.of(Service.OPENAI);

  /// For `java.util.ServiceLoader`.
  public OpenAiModels() {}

  @Override
  public String provider() {
    return models.provider();
  }

  @Override
  public Model model(String name) {
    return models.model(name);
  }
}
