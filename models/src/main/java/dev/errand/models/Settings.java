package dev.errand.models;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What a model is asked with, beside the conversation; what is null is left to the provider.
///
/// @param maxTokens how many tokens a reply may have
/// @param timeout how long to wait for the next byte of an answer
record Settings(
    @Nullable Double temperature,
    @Nullable Double topP,
    @Nullable Integer maxTokens,
    @Nullable Integer seed,
    @Nullable String reasoningEffort,
    Duration timeout) {
  /// Models that think say nothing for minutes.
  static final Settings DEFAULT = new Settings(null, null, null, null, null, Duration.ofMinutes(5));

  Settings temperature(double value) {
    return new Settings(
        within("temperature", value, 2), topP, maxTokens, seed, reasoningEffort, timeout);
  }

  Settings topP(double value) {
    return new Settings(
        temperature, within("top_p", value, 1), maxTokens, seed, reasoningEffort, timeout);
  }

  Settings maxTokens(int value) {
    if (value < 1) {
      throw new IllegalArgumentException("max_tokens is at least 1");
    }
    return new Settings(temperature, topP, value, seed, reasoningEffort, timeout);
  }

  Settings seed(int value) {
    return new Settings(temperature, topP, maxTokens, value, reasoningEffort, timeout);
  }

  Settings reasoningEffort(String value) {
    return new Settings(temperature, topP, maxTokens, seed, value, timeout);
  }

  Settings timeout(Duration value) {
    if (!value.isPositive() || value.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException("timeout is more than nothing and a day at most");
    }
    return new Settings(temperature, topP, maxTokens, seed, reasoningEffort, value);
  }

  private static double within(String name, double value, double most) {
    if (!(value >= 0 && value <= most)) {
      throw new IllegalArgumentException(name + " is a number from 0 to " + (int) most);
    }
    return value;
  }
}
