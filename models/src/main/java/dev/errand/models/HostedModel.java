package dev.errand.models;

import dev.langchain4j.model.anthropic.AnthropicChatModel;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Puts together a model of a service: LangChain4j's two of them over our HTTP.
final class HostedModel {
  private static final int GUESSED_OUTPUT = 1000;

  /// Anthropic wants to be told, and counts what a model thinks. All since Claude 4 can say twice
  /// as much.
  private static final int ANTHROPIC_MAX_TOKENS = 16_000;

  /// LangChain4j wants a key for Anthropic; servers of other addresses may want none.
  private static final String NO_KEY = "none";

  private HostedModel() {}

  static LangChainModel of(
      Service service, ModelName model, Endpoint endpoint, Prices prices, Retries retries) {
    var source =
        switch (service.wire()) {
          case OPENAI -> openAi(model, endpoint, service.own(endpoint));
          case ANTHROPIC -> anthropic(model, endpoint);
        };
    var name = service.name() + ":" + model.name();
    return new LangChainModel(
        name, source, new Tariff(name, price(name, endpoint, prices)), endpoint, retries);
  }

  /// What runs on this machine costs nothing, unless somebody says so.
  private static Optional<Price> price(String name, Endpoint endpoint, Prices prices) {
    return endpoint.local()
        ? prices.given(name).or(() -> Optional.of(Price.FREE))
        : prices.of(name);
  }

  private static LangChainModel.Source openAi(ModelName model, Endpoint endpoint, boolean own) {
    var settings = model.settings();
    var http = new ProviderHttp(endpoint, settings.timeout()).builder();
    // OpenAI's newer models know the new word only, and other servers often the old one only.
    var newWord = own ? settings.maxTokens() : null;
    var oldWord = own ? null : settings.maxTokens();
    var base = endpoint.base().toString();
    var key = key(endpoint);
    return new LangChainModel.Source(
        OpenAiChatModel.builder()
            .httpClientBuilder(http)
            .baseUrl(base)
            .apiKey(key)
            .modelName(model.name())
            .temperature(settings.temperature())
            .topP(settings.topP())
            .maxTokens(oldWord)
            .maxCompletionTokens(newWord)
            .seed(settings.seed())
            .reasoningEffort(settings.reasoningEffort())
            .maxRetries(0)
            .build(),
        OpenAiStreamingChatModel.builder()
            .httpClientBuilder(http)
            .baseUrl(base)
            .apiKey(key)
            .modelName(model.name())
            .temperature(settings.temperature())
            .topP(settings.topP())
            .maxTokens(oldWord)
            .maxCompletionTokens(newWord)
            .seed(settings.seed())
            .reasoningEffort(settings.reasoningEffort())
            .build(),
        true,
        guess(settings));
  }

  private static LangChainModel.Source anthropic(ModelName model, Endpoint endpoint) {
    var settings = model.settings();
    var http = new ProviderHttp(endpoint, settings.timeout()).builder();
    int most = Objects.requireNonNullElse(settings.maxTokens(), ANTHROPIC_MAX_TOKENS);
    var base = endpoint.base().toString();
    var key = Objects.requireNonNullElse(key(endpoint), NO_KEY);
    return new LangChainModel.Source(
        AnthropicChatModel.builder()
            .httpClientBuilder(http)
            .baseUrl(base)
            .apiKey(key)
            .modelName(model.name())
            .temperature(settings.temperature())
            .topP(settings.topP())
            .maxTokens(most)
            .cacheSystemMessages(true)
            .cacheTools(true)
            .maxRetries(0)
            .build(),
        AnthropicStreamingChatModel.builder()
            .httpClientBuilder(http)
            .baseUrl(base)
            .apiKey(key)
            .modelName(model.name())
            .temperature(settings.temperature())
            .topP(settings.topP())
            .maxTokens(most)
            .cacheSystemMessages(true)
            .cacheTools(true)
            .build(),
        true,
        guess(settings));
  }

  private static @Nullable String key(Endpoint endpoint) {
    return endpoint.key().isNone() ? null : endpoint.key().value();
  }

  private static int guess(Settings settings) {
    return Objects.requireNonNullElse(settings.maxTokens(), GUESSED_OUTPUT);
  }
}
