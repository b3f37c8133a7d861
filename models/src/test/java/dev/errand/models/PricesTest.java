package dev.errand.models;

import static dev.errand.models.Asking.question;
import static dev.errand.models.StubProvider.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.ModelException;
import dev.errand.job.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PricesTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "openai:gpt-5, 1.25",
    "openai:gpt-5-2025-08-07, 1.25",
    "openai:gpt-5-mini, 0.25",
    "openai:gpt-5-mini-2025-08-07, 0.25",
    "openai:gpt-4o-2024-05-13, 5",
    "openai:gpt-4o-2024-11-20, 2.5",
    "openai:gpt-5-chat-latest, 1.25",
    "openai:gpt-3.5-turbo-0125, 0.5",
    "anthropic:claude-sonnet-4-5-20250929, 3",
    "anthropic:claude-opus-4-20250514, 15",
    "anthropic:claude-opus-4-5, 5",
  })
  void a_dated_version_costs_what_its_family_does_and_the_longest_name_counts(
      String model, String input) {
    assertThat(Prices.known().of(model))
        .map(price -> price.input().toPlainString())
        .contains(input);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"openai:gpt-5-giant", "openai:gpt-50", "gpt-5", "ollama:gpt-5", "openai:"})
  void a_model_of_another_name_is_not_guessed_at(String model) {
    assertThat(Prices.known().of(model)).isEmpty();
  }

  @Test
  void a_star_stands_for_any_end() {
    var prices = Prices.known().with("openai:gpt-5*", Price.of("9", "9"));

    assertThat(prices.of("openai:gpt-5-giant")).contains(Price.of("9", "9"));
    assertThat(prices.of("openai:gpt-5-mini")).isEqualTo(Prices.known().of("openai:gpt-5-mini"));
  }

  @ParameterizedTest
  @CsvSource({
    "1000000, 0, 0, 0, 2500000",
    "0, 1000000, 0, 0, 1250000",
    "0, 0, 1000000, 0, 3000000",
    "0, 0, 0, 1000000, 10000000",
    "3, 0, 0, 0, 8",
    "0, 1, 0, 0, 2",
    "0, 0, 0, 0, 0",
  })
  void a_call_costs_its_tokens_by_their_kind_rounded_up(
      long fresh, long cached, long written, long output, long microUsd) {
    var price = Price.of("2.5", "1.25", "3", "10");

    assertThat(price.microUsd(new Tokens(fresh, cached, written, output))).isEqualTo(microUsd);
  }

  @Test
  void cached_tokens_of_openai_are_among_those_sent() throws IOException {
    try (var stub = new StubProvider().answers(json(OpenAiWire.said("Hello.")))) {
      var model =
          new Asking(stub)
              .provider(Service.OPENAI, file("openai:gpt-4.1,2,0.5,,8"))
              .model("gpt-4.1");

      // 200 × 2 + 1000 × 0.5 + 10 × 8
      assertThat(model.reply(question("Hi")).usage()).isEqualTo(new Usage(1, 1200, 10, 980));
    }
  }

  @Test
  void cached_tokens_of_anthropic_are_beside_those_sent() throws IOException {
    try (var stub = new StubProvider().answers(json(AnthropicWire.said("Hello.")))) {
      var model =
          new Asking(stub)
              .provider(Service.ANTHROPIC, file("anthropic:claude-sonnet-4-5,3,0.3,3.75,15"))
              .model("claude-sonnet-4-5");

      // 100 × 3 + 1000 × 0.3 + 200 × 3.75 + 10 × 15
      assertThat(model.reply(question("Hi")).usage()).isEqualTo(new Usage(1, 1300, 10, 1500));
    }
  }

  @Test
  void an_estimate_counts_four_characters_as_a_token_and_what_the_reply_may_have() {
    var prices = Prices.known().with("openai:m", Price.of("2", "8"));
    var request = question("Hi");
    long input = (request.characters() + 3) / 4;

    assertThat(ChatModels.openAi("m").apiKey("sk-x").prices(prices).build().estimate(request))
        .isEqualTo(new Usage(1, input, 1000, 2 * input + 8000));
    assertThat(
            ChatModels.openAi("m")
                .apiKey("sk-x")
                .prices(prices)
                .maxTokens(50)
                .build()
                .estimate(request))
        .isEqualTo(new Usage(1, input, 50, 2 * input + 400));
  }

  @Test
  void a_model_without_a_price_is_free_and_logged_once() throws IOException {
    var tariff = new Tariff("openai:unheard-of", Optional.empty());

    assertThat(tariff.usage(new Tokens(5, 0, 0, 5))).isEqualTo(new Usage(1, 5, 5, 0));
    tariff.usage(new Tokens(5, 0, 0, 5));

    assertThat(Files.readAllLines(Path.of("target/models-log.txt")))
        .filteredOn(line -> line.contains("No price is known for openai:unheard-of"))
        .singleElement()
        .asString()
        .contains("ERRAND_PRICES", "openai:unheard-of,INPUT,,,OUTPUT");
  }

  @Test
  void what_runs_on_this_machine_is_free_unless_a_file_says_otherwise() throws IOException {
    try (var stub = new StubProvider().answers(json(OpenAiWire.said("Hello.")))) {
      var asking = new Asking(stub);

      assertThat(asking.openAi("gpt-4.1").estimate(question("Hi")).microUsd()).isZero();
      assertThat(
              asking
                  .provider(Service.OPENAI, file("openai:gpt-4.1,1,,,1"))
                  .model("gpt-4.1")
                  .estimate(question("Hi"))
                  .microUsd())
          .isPositive();
    }
    assertThat(Files.readString(Path.of("target/models-log.txt")))
        .doesNotContain("No price is known for openai:gpt-4.1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai:m,1,,2",
        "m,1,,,2",
        "openai:m,one,,,2",
        "openai:m,-1,,,2",
        "openai:m,,,,2",
        "openai:m 1 2"
      })
  void a_line_that_is_no_price_is_refused_by_its_number(String line) throws IOException {
    var file = Files.writeString(folder.resolve("prices.csv"), "# mine\n\n" + line + "\n");

    assertThatThrownBy(() -> Prices.known().read(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(file + " is wrong in line 3");
  }

  @Test
  void a_missing_file_is_named() {
    var provider =
        new HostedModels(
            Service.OLLAMA,
            Map.of("ERRAND_PRICES", folder.resolve("none.csv").toString()),
            Retries.STANDARD);

    assertThatThrownBy(() -> provider.model("m"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(folder.resolve("none.csv") + " cannot be read");
  }

  private Map<String, String> file(String lines) throws IOException {
    var file = Files.writeString(folder.resolve("prices.csv"), lines);
    return Map.of("ERRAND_PRICES", file.toString());
  }
}
