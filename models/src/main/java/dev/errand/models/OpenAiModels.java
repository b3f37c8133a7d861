package dev.errand.models;

/// Finds `openai:NAME`: models of OpenAI, or of any server that speaks as it does.
///
/// Reads `OPENAI_API_KEY` and `OPENAI_BASE_URL`; a server of another address may want no key.
public final class OpenAiModels extends HostedModels {
  /// For `java.util.ServiceLoader`.
  public OpenAiModels() {
    super(Service.OPENAI);
  }
}
