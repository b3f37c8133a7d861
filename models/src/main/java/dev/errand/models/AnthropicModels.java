package dev.errand.models;

/// Finds `anthropic:NAME`: models of Anthropic.
///
/// Reads `ANTHROPIC_API_KEY` and `ANTHROPIC_BASE_URL`.
public final class AnthropicModels extends HostedModels {
  /// For `java.util.ServiceLoader`.
  public AnthropicModels() {
    super(Service.ANTHROPIC);
  }
}
