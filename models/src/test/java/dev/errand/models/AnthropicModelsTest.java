package dev.errand.models;

import static dev.errand.models.Asking.question;
import static dev.errand.models.Asking.with;
import static dev.errand.models.StubProvider.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.Model.Message;
import dev.errand.job.Json;
import dev.errand.job.ModelException;
import dev.errand.job.ToolCall;
import dev.errand.job.Usage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AnthropicModelsTest {
  private static final String CACHED = ",\"cache_control\":{\"type\":\"ephemeral\"}";

  private final StubProvider stub = new StubProvider();
  private final Asking asking = new Asking(stub);

  @AfterEach
  void close() {
    stub.close();
  }

  @Test
  void a_reply_has_its_words_and_all_tokens_that_were_sent() {
    stub.answers(json(AnthropicWire.said("Hello.")));

    var reply = asking.anthropic("claude-sonnet-4-5").reply(question("Hi"));

    assertThat(reply.text()).isEqualTo("Hello.");
    assertThat(reply.usage()).isEqualTo(new Usage(1, 1300, 10, 0));
  }

  @Test
  void what_is_sent_is_the_conversation_with_the_key_in_its_header() {
    stub.answers(json(AnthropicWire.said("Hello.")));

    asking.anthropic("claude-sonnet-4-5").reply(with(Asking.conversation(1)));

    var sent = stub.asked.getFirst();
    assertThat(sent.path()).isEqualTo("/v1/messages");
    assertThat(sent.header("X-api-key")).isEqualTo(Asking.KEY);
    assertThat(sent.header("Anthropic-version")).isEqualTo("2023-06-01");
    assertThat(sent.body().number("max_tokens")).contains(16000L);
    assertThat(Json.parse(sent.body().print().replace(CACHED, "")))
        .extracting(body -> ((Json.Object) body).get("messages").orElseThrow())
        .isEqualTo(
            Json.parse(
                """
                [{"role":"user","content":[{"type":"text","text":"Find it."}]},
                 {"role":"assistant","content":[{"type":"text","text":"I look."},
                   {"type":"tool_use","id":"c0","name":"grep","input":{"pattern":"x0"}}]},
                 {"role":"user","content":[{"type":"tool_result","tool_use_id":"c0",
                   "content":"no file","is_error":true}]}]
                """));
  }

  @Test
  void the_schema_of_a_tool_is_sent_as_it_stands() {
    stub.answers(json(AnthropicWire.said("Hello.")));

    asking.anthropic("claude-sonnet-4-5").reply(with(Asking.conversation(0)));

    var tools = (Json.Array) stub.asked.getFirst().body().get("tools").orElseThrow();
    assertThat(((Json.Object) tools.items().getFirst()).get("input_schema"))
        .contains(Asking.GREP.schema());
  }

  @Test
  void tools_instructions_and_the_conversation_so_far_are_cached() {
    stub.answers(json(AnthropicWire.said("Hello.")));

    asking.anthropic("claude-sonnet-4-5").reply(with(Asking.conversation(2)));

    var body = stub.asked.getFirst().body();
    assertThat(body.get("tools").orElseThrow().print()).contains(CACHED);
    assertThat(body.get("system").orElseThrow().print()).contains(CACHED);
    assertThat(stub.asked.getFirst().messages().getLast().print()).contains(CACHED);
    assertThat(stub.asked.getFirst().text().split("ephemeral", -1)).hasSize(4);
  }

  @Test
  void what_was_sent_of_one_turn_begins_what_is_sent_of_the_next() {
    stub.answers(json(AnthropicWire.said("Hello.")));
    var model = asking.anthropic("claude-sonnet-4-5");
    for (int turn = 0; turn < 3; turn++) {
      model.reply(with(Asking.conversation(turn)));
    }

    for (int turn = 0; turn < 2; turn++) {
      assertThat(unmarked(turn + 1)).startsWith(unmarked(turn).toArray(String[]::new));
      assertThat(stub.asked.get(turn + 1).body().get("system"))
          .isEqualTo(stub.asked.get(turn).body().get("system"));
      assertThat(stub.asked.get(turn + 1).body().get("tools"))
          .isEqualTo(stub.asked.get(turn).body().get("tools"));
    }
  }

  /// The mark of where to cache moves on and is no part of what is cached.
  private List<String> unmarked(int request) {
    return stub.asked.get(request).messages().stream()
        .map(message -> message.print().replace(CACHED, ""))
        .toList();
  }

  @Test
  void several_calls_come_in_their_order_beside_words() {
    stub.answers(
        json(
            AnthropicWire.reply(
                """
                [{"type":"text","text":"I look."},
                 {"type":"tool_use","id":"a","name":"grep","input":{"pattern":"x","n":[1,2.5]}},
                 {"type":"tool_use","id":"b","name":"now","input":{}}]
                """,
                "tool_use")));

    var reply = asking.anthropic("claude-sonnet-4-5").reply(with(Asking.conversation(0)));

    assertThat(reply.text()).isEqualTo("I look.");
    assertThat(reply.calls())
        .containsExactly(
            new ToolCall(
                "a", "grep", (Json.Object) Json.parse("{\"pattern\":\"x\",\"n\":[1,2.5]}")),
            new ToolCall("b", "now", Json.Object.EMPTY));
  }

  @Test
  void messages_that_say_nothing_are_sent_with_a_word() {
    stub.answers(json(AnthropicWire.said("Hello.")));

    asking
        .anthropic("claude-sonnet-4-5")
        .reply(
            with(
                List.of(
                    new Message.User(""), new Message.Assistant(" "), new Message.User("So?"))));

    assertThat(stub.asked.getFirst().messages().toString()).contains("(empty)").contains("So?");
  }

  @Test
  void a_reply_that_reached_its_limit_is_cut_off() {
    stub.answers(
        json(AnthropicWire.reply("[{\"type\":\"text\",\"text\":\"Once\"}]", "max_tokens")),
        json(
            AnthropicWire.reply(
                "[{\"type\":\"text\",\"text\":\"Once\"}]", "model_context_window_exceeded")));
    var model = asking.anthropic("claude-sonnet-4-5");

    assertThat(model.reply(question("Tell")).cutOff()).isTrue();
    assertThat(model.reply(question("Tell")).cutOff()).isTrue();
  }

  @Test
  void a_refusal_is_a_failure() {
    stub.answers(json(AnthropicWire.reply("[{\"type\":\"text\",\"text\":\"I\"}]", "refusal")));

    assertThatThrownBy(() -> asking.anthropic("claude-sonnet-4-5").reply(question("Hi")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("refused");
    assertThat(stub.asked).hasSize(1);
  }

  @Test
  void its_address_may_lack_the_version() {
    stub.answers(json(AnthropicWire.said("Hello.")));
    var bare = Map.of("ANTHROPIC_BASE_URL", stub.url().replace("/v1", "/"));

    asking.provider(Service.ANTHROPIC, bare).model("claude-sonnet-4-5").reply(question("Hi"));

    assertThat(stub.asked.getFirst().path()).isEqualTo("/v1/messages");
  }
}
