package dev.errand.models;

/// Finds `ollama:NAME`: models on this machine, or where `OLLAMA_BASE_URL` says.
///
/// Wants no key; its address ends with `/v1`.
public final class OllamaModels extends HostedModels {
  /// For `java.util.ServiceLoader`.
  public OllamaModels() {
    super(Service.OLLAMA);
  }
}
