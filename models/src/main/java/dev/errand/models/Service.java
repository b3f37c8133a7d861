package dev.errand.models;

import dev.errand.job.ModelException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One service that models are reached through.
///
/// @param name the word before the colon
/// @param wire what it speaks
/// @param base its address, unless another is given
/// @param baseVariable the variable for another address
/// @param keyVariable the variable for the key
/// @param keyless whether it goes without a key at its own address, too
record Service(
    String name, Wire wire, String base, String baseVariable, String keyVariable, boolean keyless) {
  static final Service OPENAI =
      new Service(
          "openai",
          Wire.OPENAI,
          "https://api.openai.com/v1",
          "OPENAI_BASE_URL",
          "OPENAI_API_KEY",
          false);

  static final Service ANTHROPIC =
      new Service(
          "anthropic",
          Wire.ANTHROPIC,
          "https://api.anthropic.com/v1",
          "ANTHROPIC_BASE_URL",
          "ANTHROPIC_API_KEY",
          false);

  static final Service OPENROUTER =
      new Service(
          "openrouter",
          Wire.OPENAI,
          "https://openrouter.ai/api/v1",
          "OPENROUTER_BASE_URL",
          "OPENROUTER_API_KEY",
          false);

  static final Service OLLAMA =
      new Service(
          "ollama",
          Wire.OPENAI,
          "http://localhost:11434/v1",
          "OLLAMA_BASE_URL",
          "OLLAMA_API_KEY",
          true);

  /// What is said over HTTP.
  enum Wire {
    /// Chat completions.
    OPENAI,
    /// Messages.
    ANTHROPIC
  }

  /// What may stand after the question mark of a name.
  List<String> parameters() {
    return switch (wire) {
      case OPENAI ->
          List.of("temperature", "top_p", "max_tokens", "seed", "reasoning_effort", "timeout");
      case ANTHROPIC -> List.of("temperature", "top_p", "max_tokens", "timeout");
    };
  }

  /// Where to reach it, by the variables of the environment.
  ///
  /// @throws ModelException if a key is missing or there is no such address
  Endpoint endpoint(Map<String, String> environment) {
    return endpoint(
        blankAsNull(environment.get(baseVariable)),
        baseVariable,
        Secret.of(keyVariable, environment.get(keyVariable)),
        keyVariable);
  }

  /// Where to reach it, as given; null where its own address is meant.
  ///
  /// @throws ModelException if a key is missing or there is no such address
  Endpoint endpoint(@Nullable String given, String baseSource, Secret key, String keySource) {
    if (key.isNone() && given == null && !keyless) {
      throw new ModelException(
          "%s: needs a key; set %s in the environment.".formatted(name, keySource));
    }
    var address = Endpoint.base(baseSource, Objects.requireNonNullElse(given, base));
    return new Endpoint(versioned(address), key, keySource, baseSource);
  }

  /// Anthropic's own programs are given its address without the version.
  private URI versioned(URI address) {
    var text = address.toString().replaceAll("/+$", "");
    return URI.create(wire == Wire.ANTHROPIC && !text.endsWith("/v1") ? text + "/v1" : text);
  }

  /// Whether that is the provider itself and not one who speaks as it does.
  boolean own(Endpoint endpoint) {
    return endpoint.base().toString().equals(base);
  }

  private static @Nullable String blankAsNull(@Nullable String text) {
    return text == null || text.isBlank() ? null : text;
  }
}
