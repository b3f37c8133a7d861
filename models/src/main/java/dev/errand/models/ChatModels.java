package dev.errand.models;

import dev.errand.agent.Model;
import dev.errand.job.ModelException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Builds models of providers, for applications that have their keys elsewhere than in the
/// environment.
///
///     var model = ChatModels.openAi("gpt-4.1").apiKey(vault.read("openai")).build();
///
/// Each `build` makes a model; share it, rather than build one for each job.
public final class ChatModels {
  private ChatModels() {}

  /// A model of OpenAI, or of a server that speaks as it does.
  public static Builder openAi(String name) {
    return new Builder(Service.OPENAI, name);
  }

  /// A model of Anthropic.
  public static Builder anthropic(String name) {
    return new Builder(Service.ANTHROPIC, name);
  }

  /// What is not required; each method refuses a bad value at once.
  public static final class Builder {
    private final Service service;
    private final String name;
    private @Nullable String baseUrl;
    private Secret key = Secret.NONE;
    private Settings settings = Settings.DEFAULT;
    private Prices prices = Prices.known();

    private Builder(Service service, String name) {
      if (name.isBlank()) {
        throw new IllegalArgumentException("A model has a name");
      }
      this.service = service;
      this.name = name;
    }

    /// Where its provider is reached. Default the provider's own address.
    ///
    /// @throws ModelException if that is no address
    public Builder baseUrl(String url) {
      baseUrl = Endpoint.base("baseUrl", url).toString();
      return this;
    }

    /// The key; needed at the provider's own address. It is sent to the provider and shown nowhere.
    ///
    /// @throws ModelException if it cannot be a key
    public Builder apiKey(String apiKey) {
      key = Secret.of("apiKey", apiKey);
      return this;
    }

    /// From 0 to 2. Default the provider's.
    public Builder temperature(double temperature) {
      settings = settings.temperature(temperature);
      return this;
    }

    /// How many tokens a reply may have. Default 16,000 at Anthropic, the provider's elsewhere.
    public Builder maxTokens(int maxTokens) {
      settings = settings.maxTokens(maxTokens);
      return this;
    }

    /// How long to wait for the next byte of an answer. Default five minutes.
    public Builder timeout(Duration timeout) {
      settings = settings.timeout(timeout);
      return this;
    }

    /// Where its price is looked up. Default [Prices#known].
    public Builder prices(Prices list) {
      prices = list;
      return this;
    }

    /// The model.
    ///
    /// @throws ModelException if a key is needed and missing
    public Model build() {
      var endpoint = service.endpoint(baseUrl, "baseUrl", key, "apiKey");
      return HostedModel.of(
          service, new ModelName(name, settings), endpoint, prices, Retries.STANDARD);
    }
  }
}
