package dev.errand.models;

import static dev.errand.models.Asking.KEY;
import static dev.errand.models.Asking.question;
import static dev.errand.models.StubProvider.answer;
import static dev.errand.models.StubProvider.events;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.ModelException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A key is sent to its provider and shown to nobody.
class SecretsTest {
  /// What of the key providers quote themselves.
  private static final String HALF = KEY.substring(0, 12);

  private final StubProvider stub = new StubProvider();
  private final Asking asking = new Asking(stub);

  @AfterEach
  void close() {
    stub.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 302, 400, 401, 429, 500})
  void a_provider_that_says_the_key_back_is_not_repeated(int status) throws IOException {
    var message = "Incorrect API key provided: " + KEY + " or " + HALF + "****2b1c.";
    stub.answers(answer(status, Map.of("Content-Type", KEY), message));

    for (var model : new dev.errand.agent.Model[] {asking.openAi("m"), asking.anthropic("m")}) {
      assertHidden(() -> model.reply(question("Hi")));
      assertHidden(() -> model.reply(question("Hi"), piece -> {}));
    }
    assertThat(Files.readString(Path.of("target/models-log.txt"))).doesNotContain(HALF);
  }

  @Test
  void nor_is_one_that_says_it_in_json_that_cannot_be_read_or_in_a_stream() throws IOException {
    stub.answers(
        answer(200, Map.of(), "{\"choices\":" + KEY),
        answer(200, Map.of(), "{\"choices\":\"" + KEY + "\"}"));
    assertHidden(() -> asking.openAi("m").reply(question("Hi")));
    assertHidden(() -> asking.anthropic("m").reply(question("Hi")));

    try (var other = new StubProvider()) {
      other.answers(
          events("data: {\"choices\": " + KEY + "\n\n"),
          events("event: error\ndata: " + OpenAiWire.error("x", KEY, KEY) + "\n\n"));
      var model = new Asking(other).openAi("m");
      assertHidden(() -> model.reply(question("Hi"), piece -> {}));
    }
    assertThat(Files.readString(Path.of("target/models-log.txt"))).doesNotContain(HALF);
  }

  @Test
  void nothing_that_can_be_printed_holds_the_key() {
    var provider = asking.provider(Service.OPENAI, Map.of());
    var endpoint = Service.OPENAI.endpoint(Map.of("OPENAI_API_KEY", KEY));

    assertThat(endpoint.key().value()).isEqualTo(KEY);
    assertThat(endpoint.toString()).contains("[key]").doesNotContain(HALF);
    assertThat(provider.toString() + provider.model("m")).doesNotContain(HALF);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sk-one two", "sk-line\nbreak", "sk-kéy", "\"\u0000\""})
  void what_cannot_be_a_key_is_refused_without_being_shown(String key) {
    var provider = asking.provider(Service.OPENAI, Map.of("OPENAI_API_KEY", key));

    assertThatThrownBy(() -> provider.model("m"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("OPENAI_API_KEY holds characters that no key has")
        .satisfies(refused -> assertThat(trace(refused)).doesNotContain(key));
  }

  @Test
  void white_space_around_a_key_is_nobodys_key() {
    assertThat(Secret.of("X", " sk-1 \n").value()).isEqualTo("sk-1");
  }

  @Test
  void a_missing_key_is_named() {
    assertThatThrownBy(
            () -> new HostedModels(Service.ANTHROPIC, Map.of(), Retries.STANDARD).model("m"))
        .isInstanceOf(ModelException.class)
        .hasMessage("anthropic: needs a key; set ANTHROPIC_API_KEY in the environment.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://user:hidden@example.com/v1",
        "https://example.com/v1?key=hidden",
        "hidden",
        "ftp://hidden",
        "http://hid den"
      })
  void an_address_that_is_none_or_holds_a_password_is_refused_without_being_shown(String url) {
    var provider = asking.provider(Service.OPENAI, Map.of("OPENAI_BASE_URL", url));

    assertThatThrownBy(() -> provider.model("m"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("OPENAI_BASE_URL is not the address of a server")
        .satisfies(refused -> assertThat(trace(refused)).doesNotContain("hidden", "hid den"));
  }

  private static void assertHidden(Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOf(ModelException.class)
        .satisfies(failed -> assertThat(trace(failed)).doesNotContain(HALF));
  }

  private static String trace(Throwable thrown) {
    var text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
