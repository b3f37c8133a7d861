package dev.errand.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.ModelException;
import dev.errand.spi.ModelProvider;
import java.time.Duration;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelNameTest {
  @Test
  void parameters_stand_after_a_question_mark() {
    var model = ModelName.of(Service.OPENAI, "gpt-5.2?temperature=0.2&max_tokens=4000&timeout=1.5");

    assertThat(model)
        .isEqualTo(
            new ModelName(
                "gpt-5.2",
                Settings.DEFAULT
                    .temperature(0.2)
                    .maxTokens(4000)
                    .timeout(Duration.ofMillis(1500))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          m?top=1              | "top" is no parameter of openai:m
          m?                   | "" is no parameter
          m?seed=1&seed=2      | stands there twice; known are temperature, top_p,
          m?temperature=hot    | "hot" is no value for temperature of openai:m; it is a number
          m?temperature=3      | a number from 0 to 2
          m?temperature        | "" is no value for temperature
          m?max_tokens=0       | at least 1
          m?max_tokens=1.5     | it is a number
          m?timeout=0          | more than nothing
          m?timeout=1e9        | a day at most
          m?timeout=1e99       | it is a number
          m?reasoning_effort=! | a word such as low
          ?seed=1              | names no model
          """)
  void what_is_no_parameter_is_refused_with_those_that_are(String name, String message) {
    assertThatThrownBy(() -> ModelName.of(Service.OPENAI, name))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message.replace('"', '\''));
  }

  @Test
  void anthropic_has_fewer_of_them() {
    assertThatThrownBy(() -> ModelName.of(Service.ANTHROPIC, "m?seed=1"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("known are temperature, top_p, max_tokens, timeout");
  }

  @Test
  void all_providers_are_found_by_the_service_loader() {
    assertThat(ServiceLoader.load(ModelProvider.class))
        .extracting(ModelProvider::provider)
        .contains("anthropic", "ollama", "openai", "openrouter", "scripted");
  }
}
