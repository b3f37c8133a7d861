package dev.errand.spi;

import dev.errand.agent.Model;

/// Finds models by name for one provider; implemented by plugs.
public interface ModelProvider {
  /// The word before the colon in `provider:name`.
  String provider();

  /// The model of that name.
  ///
  /// @throws dev.errand.job.ModelException if there is none or it cannot be used, saying what to do
  Model model(String name);
}
