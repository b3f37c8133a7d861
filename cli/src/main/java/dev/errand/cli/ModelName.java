package dev.errand.cli;

import dev.errand.job.ModelException;
import dev.errand.spi.ModelProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;

/// Checks the model that a user names, before anything is stored.
final class ModelName {
  private ModelName() {}

  /// The name as it is stored; a script's file with its whole path, so that the job may go on from
  /// any directory.
  ///
  /// @throws Refusal if there is no such model
  static String of(String words, Surroundings surroundings) {
    int colon = words.indexOf(':');
    if (colon < 1 || colon == words.length() - 1) {
      throw Refusal.usage(
          "--model " + words + " names no model; write PROVIDER:NAME, such as scripted:FILE.yaml");
    }
    var provider = provider(words.substring(0, colon));
    var name = words.substring(colon + 1);
    if (provider.provider().equals("scripted")) {
      name = surroundings.file(name).toAbsolutePath().normalize().toString();
    }
    try {
      provider.model(name);
    } catch (ModelException unusable) {
      throw Refusal.usage(Objects.requireNonNullElse(unusable.getMessage(), words));
    }
    return provider.provider() + ":" + name;
  }

  private static ModelProvider provider(String name) {
    List<String> known = new ArrayList<>();
    for (var provider : ServiceLoader.load(ModelProvider.class)) {
      if (provider.provider().equals(name)) {
        return provider;
      }
      known.add(provider.provider());
    }
    throw Refusal.usage(
        "there is no model provider " + name + "; known: " + String.join(", ", known));
  }
}
