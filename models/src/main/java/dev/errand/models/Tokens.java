package dev.errand.models;

import dev.langchain4j.model.anthropic.AnthropicTokenUsage;
import dev.langchain4j.model.openai.OpenAiTokenUsage;
import dev.langchain4j.model.output.TokenUsage;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The tokens of a call, by what they cost; each is counted in one part only.
///
/// @param fresh sent, and in no cache
/// @param cached sent, and read from the provider's cache
/// @param written sent, and put into the provider's cache
/// @param output received
record Tokens(long fresh, long cached, long written, long output) {
  long input() {
    return fresh + cached + written;
  }

  /// What a provider says; empty where it says nothing.
  static Optional<Tokens> of(@Nullable TokenUsage usage) {
    if (usage == null || (usage.inputTokenCount() == null && usage.outputTokenCount() == null)) {
      return Optional.empty();
    }
    long input = orNone(usage.inputTokenCount());
    long output = orNone(usage.outputTokenCount());
    return Optional.of(
        switch (usage) {
          case OpenAiTokenUsage openAi -> {
            // Among those of the input.
            long cached = Math.min(input, cached(openAi));
            yield new Tokens(input - cached, cached, 0, output);
          }
          case AnthropicTokenUsage anthropic ->
              // Beside those of the input.
              new Tokens(
                  input,
                  orNone(anthropic.cacheReadInputTokens()),
                  orNone(anthropic.cacheCreationInputTokens()),
                  output);
          default -> new Tokens(input, 0, 0, output);
        });
  }

  /// What texts of that length come to, roughly: a token for four characters.
  static Tokens guess(long charactersSent, long charactersReceived) {
    return new Tokens((charactersSent + 3) / 4, 0, 0, (charactersReceived + 3) / 4);
  }

  private static long cached(OpenAiTokenUsage usage) {
    var details = usage.inputTokensDetails();
    return details == null ? 0 : orNone(details.cachedTokens());
  }

  private static long orNone(@Nullable Integer count) {
    return count == null ? 0 : Math.max(0, count);
  }
}
