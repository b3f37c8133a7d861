package dev.errand.models;

/// Finds `openrouter:VENDOR/NAME`: models of many providers through OpenRouter.
///
/// Reads `OPENROUTER_API_KEY`.
public final class OpenRouterModels extends HostedModels {
  /// For `java.util.ServiceLoader`.
  public OpenRouterModels() {
    super(Service.OPENROUTER);
  }
}
