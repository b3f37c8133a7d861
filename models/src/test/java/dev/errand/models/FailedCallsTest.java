package dev.errand.models;

import static dev.errand.models.Asking.question;
import static dev.errand.models.StubProvider.answer;
import static dev.errand.models.StubProvider.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.ModelException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FailedCallsTest {
  private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");

  private final StubProvider stub = new StubProvider();
  private final Asking asking = new Asking(stub);

  @AfterEach
  void close() {
    stub.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 409, 429, 500, 502, 503, 504, 529})
  void what_may_pass_is_tried_again(int status) {
    stub.answers(
        answer(status, JSON, AnthropicWire.error("overloaded_error", "Overloaded")),
        answer(status, JSON, ""),
        json(AnthropicWire.said("Hello.")));

    assertThat(asking.anthropic("claude-sonnet-4-5").reply(question("Hi")).text())
        .isEqualTo("Hello.");
    assertThat(asking.waits).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
  }

  @ParameterizedTest
  @CsvSource({
    "400, Change the request",
    "401, Check OPENAI_API_KEY.",
    "403, Check what the key in OPENAI_API_KEY may be used for.",
    "404, 'Check the model''s name, and OPENAI_BASE_URL.'",
    "413, Shorten what the model is shown.",
    "302, Change the request",
  })
  void what_stays_is_told_at_once_with_what_to_do(int status, String next) {
    stub.answers(answer(status, JSON, OpenAiWire.error("some_error", "some_code", "Said so.")));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Hi")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(
            "openai:gpt-4.1 gave no reply: HTTP " + status + " (some_error, some_code): Said so. ")
        .hasMessageContaining(next);
    assertThat(stub.asked).hasSize(1);
  }

  @Test
  void after_five_attempts_the_last_failure_is_told() {
    stub.answers(answer(503, JSON, OpenAiWire.error("server_error", "", "Busy.")));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Hi")))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "openai:gpt-4.1 gave no reply in 5 attempts: HTTP 503 (server_error): Busy. Try again"
                + " later.");
    assertThat(stub.asked).hasSize(5);
  }

  @Test
  void a_provider_that_says_when_is_asked_again_then() {
    stub.answers(
        answer(429, Map.of("Retry-After", "7"), ""),
        answer(429, Map.of("retry-after-ms", "1500", "Retry-After", "2"), ""),
        json(OpenAiWire.said("Hello.")));

    asking.openAi("gpt-4.1").reply(question("Hi"));

    // And as much on top as the jitter comes to.
    assertThat(asking.waits).containsExactly(Duration.ofMillis(7500), Duration.ofMillis(2500));
  }

  @Test
  void a_provider_that_asks_for_an_hour_is_not_waited_for() {
    stub.answers(answer(429, Map.of("Retry-After", "3600"), ""));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Hi")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("asked to wait 3600 s");
    assertThat(asking.waits).isEmpty();
  }

  @Test
  void an_account_without_credit_is_not_tried_again() {
    stub.answers(
        answer(
            429, JSON, OpenAiWire.error("insufficient_quota", "insufficient_quota", "No credit.")));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Hi")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("Check the plan and the credit behind OPENAI_API_KEY");
    assertThat(stub.asked).hasSize(1);
  }

  @Test
  void a_provider_that_knows_better_whether_to_try_again_is_heeded() {
    stub.answers(answer(500, Map.of("x-should-retry", "false"), ""));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Hi")))
        .isInstanceOf(ModelException.class);
    assertThat(stub.asked).hasSize(1);
  }

  @Test
  void the_page_of_a_proxy_is_told_without_its_marks() {
    var page = "<html><style>b{}</style><body><h1>Bad gateway</h1>\n<p>cloud</p></body></html>";
    stub.answers(answer(502, Map.of("Content-Type", "text/html"), page));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Hi")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("HTTP 502: Bad gateway cloud. Try again later.");
  }

  @Test
  void a_long_message_is_shortened() {
    stub.answers(answer(400, Map.of(), "no ".repeat(10_000)));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Hi")))
        .isInstanceOf(ModelException.class)
        .satisfies(failure -> assertThat(failure.getMessage()).hasSizeLessThan(500));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          text/html        | <html><body>Log in</body></html> | no JSON (text/html): Log in
          application/json | ''                               | no JSON (application/json), and empty
          application/json | not JSON                         | no JSON (application/json): not JSON
          application/json | {"choices":[                     | could not be read
          application/json | {"choices":[]}                   | could not be read
          application/json | {"ok":true}                      | could not be read
          """)
  void an_answer_that_is_no_reply_is_tried_again_and_told(String type, String body, String told) {
    stub.answers(answer(200, Map.of("Content-Type", type), body));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Hi")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("in 5 attempts")
        .hasMessageContaining(told);
    assertThat(stub.asked).hasSize(5);
  }

  @Test
  void the_same_goes_for_anthropic() {
    stub.answers(json("{}"), json("{\"content\":["), json(AnthropicWire.said("Hello.")));

    assertThat(asking.anthropic("claude-sonnet-4-5").reply(question("Hi")).text())
        .isEqualTo("Hello.");
  }

  @Test
  void an_answer_of_another_type_is_read_all_the_same() {
    stub.answers(answer(200, Map.of("Content-Type", "text/plain"), OpenAiWire.said("Hello.")));

    assertThat(asking.openAi("gpt-4.1").reply(question("Hi")).text()).isEqualTo("Hello.");
  }

  @Test
  void an_answer_cut_in_the_middle_is_tried_again() {
    stub.answers(
        exchange -> {
          exchange.sendResponseHeaders(200, 1000);
          exchange
              .getResponseBody()
              .write("{\"choices\":".getBytes(java.nio.charset.StandardCharsets.UTF_8));
          throw new java.io.IOException("cut");
        },
        json(OpenAiWire.said("Hello.")));

    assertThat(asking.openAi("gpt-4.1").reply(question("Hi")).text()).isEqualTo("Hello.");
  }

  @Test
  void a_server_that_is_not_there_is_named() {
    var model = asking.openAi("gpt-4.1");
    stub.close();

    assertThatThrownBy(() -> model.reply(question("Hi")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(
            "in 5 attempts: " + stub.url().replace("/v1", "") + " cannot be reached")
        .hasMessageContaining("Check OPENAI_BASE_URL");
  }
}
