package dev.errand.models;

import static dev.errand.models.Asking.question;
import static dev.errand.models.Asking.with;
import static dev.errand.models.StubProvider.events;
import static dev.errand.models.StubProvider.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.job.Json;
import dev.errand.job.ModelException;
import dev.errand.job.ToolCall;
import dev.errand.job.ToolSpec;
import dev.errand.job.Usage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpenAiModelsTest {
  private static final String TWO_CALLS =
      """
      {"role":"assistant","content":null,"tool_calls":[
        {"id":"a","type":"function","function":{"name":"grep","arguments":"{\\"pattern\\":\\"x\\"}"}},
        {"id":"b","type":"function","function":{"name":"now","arguments":""}}]}
      """;

  private final StubProvider stub = new StubProvider();
  private final Asking asking = new Asking(stub);

  @AfterEach
  void close() {
    stub.close();
  }

  @Test
  void a_reply_has_its_words_and_what_it_used() {
    stub.answers(json(OpenAiWire.said("Hello.")));

    var reply = asking.openAi("gpt-4.1").reply(question("Hi"));

    assertThat(reply)
        .isEqualTo(new Model.Reply("Hello.", List.of(), false, new Usage(1, 1200, 10, 0)));
  }

  @Test
  void what_is_sent_is_the_conversation_with_the_key_in_its_header() {
    stub.answers(json(OpenAiWire.said("Hello.")));

    asking
        .openAi("gpt-4.1?temperature=0.2&max_tokens=4000&seed=7&reasoning_effort=low&top_p=0.5")
        .reply(with(Asking.conversation(1)));

    var sent = stub.asked.getFirst();
    assertThat(sent.path()).isEqualTo("/v1/chat/completions");
    assertThat(sent.header("Authorization")).isEqualTo("Bearer " + Asking.KEY);
    assertThat(new Json.Array(sent.messages()))
        .isEqualTo(
            Json.parse(
                """
                [{"role":"system","content":"You are a clerk."},
                 {"role":"user","content":"Find it."},
                 {"role":"assistant","content":"I look.","tool_calls":[{"id":"c0","type":"function",
                   "function":{"name":"grep","arguments":"{\\"pattern\\":\\"x0\\"}"}}]},
                 {"role":"tool","tool_call_id":"c0","content":"no file"}]
                """));
    assertThat(sent.body().members())
        .containsEntry("model", new Json.Text("gpt-4.1"))
        .containsEntry("temperature", new Json.Number("0.2"))
        .containsEntry("top_p", new Json.Number("0.5"))
        .containsEntry("max_tokens", new Json.Number("4000"))
        .containsEntry("seed", new Json.Number("7"))
        .containsEntry("reasoning_effort", new Json.Text("low"));
  }

  @Test
  void the_schema_of_a_tool_is_sent_as_it_stands() {
    stub.answers(json(OpenAiWire.said("Hello.")));

    asking.openAi("gpt-4.1").reply(with(Asking.conversation(0)));

    var tools = (Json.Array) stub.asked.getFirst().body().get("tools").orElseThrow();
    assertThat(tools.items())
        .containsExactly(
            Json.object("type", "function")
                .with(
                    "function",
                    Json.object("name", "grep")
                        .with("description", "Searches.")
                        .with("parameters", Asking.GREP.schema())));
  }

  @Test
  void definitions_of_older_schemas_are_found_under_the_new_name() {
    stub.answers(json(OpenAiWire.said("Hello.")));
    var old =
        Asking.GREP
            .schema()
            .print()
            .replace("\"$defs\"", "\"definitions\"")
            .replace("$defs", "definitions");
    var tool = new ToolSpec("grep", "Searches.", (Json.Object) Json.parse(old));

    asking
        .openAi("gpt-4.1")
        .reply(
            new Model.Request(
                "clerk",
                "",
                List.of(new Message.User("Hi")),
                List.of(tool),
                0,
                Model.Purpose.TURN));

    assertThat(stub.asked.getFirst().body().print())
        .contains("\"$ref\":\"#/$defs/Node\"", "\"$defs\":{\"Node\"")
        .doesNotContain("definitions");
  }

  @Test
  void several_calls_come_in_their_order() {
    stub.answers(json(OpenAiWire.reply(TWO_CALLS, "tool_calls")));

    var reply = asking.openAi("gpt-4.1").reply(with(Asking.conversation(0)));

    assertThat(reply.text()).isEmpty();
    assertThat(reply.calls())
        .containsExactly(
            new ToolCall("a", "grep", Json.object("pattern", "x")),
            new ToolCall("b", "now", Json.Object.EMPTY));
  }

  @Test
  void calls_without_an_id_are_given_one_each() {
    stub.answers(
        json(
            OpenAiWire.reply(
                TWO_CALLS.replaceAll("\"id\":\"[ab]\"", "\"id\":\"\""), "tool_calls")));

    var calls = asking.openAi("gpt-4.1").reply(with(Asking.conversation(0))).calls();

    assertThat(calls).extracting(ToolCall::id).containsExactly("call-1", "call-2");
  }

  @Test
  void malformed_arguments_are_handed_on_as_the_model_wrote_them() {
    stub.answers(
        json(OpenAiWire.reply(TWO_CALLS.replace("\\\"x\\\"}", "\\\"x"), "tool_calls")),
        json(OpenAiWire.said("Oh.")));
    var model = asking.openAi("gpt-4.1");
    var calls = model.reply(with(Asking.conversation(0))).calls();

    assertThat(calls.getFirst().arguments()).isEqualTo(new Json.Text("{\"pattern\":\"x"));

    var told = new ArrayList<>(Asking.conversation(0));
    told.add(new Message.Assistant("", calls));
    calls.forEach(call -> told.add(new Message.ToolResult(call.id(), call.name(), "no", true)));
    model.reply(with(told));
    assertThat(stub.asked.get(1).body().print())
        .contains(
            "\"arguments\":\"{\\\"malformed\\\":\\\"{\\\\\\\"pattern\\\\\\\":\\\\\\\"x\\\"}\"");
  }

  @Test
  void what_was_sent_of_one_turn_begins_what_is_sent_of_the_next() {
    stub.answers(json(OpenAiWire.said("Hello.")));
    var model = asking.openAi("gpt-4.1");
    for (int turn = 0; turn < 3; turn++) {
      model.reply(with(Asking.conversation(turn)));
    }

    for (int turn = 0; turn < 2; turn++) {
      var earlier = stub.asked.get(turn).text();
      var later = stub.asked.get(turn + 1);
      assertThat(later.messages()).startsWith(stub.asked.get(turn).messages().toArray(Json[]::new));
      assertThat(later.body().get("tools")).isEqualTo(stub.asked.get(turn).body().get("tools"));
      assertThat(later.text())
          .startsWith(earlier.substring(0, earlier.indexOf(" ],\n  \"stream\"")));
    }
  }

  @Test
  void a_reply_that_reached_its_limit_is_cut_off() {
    stub.answers(
        json(OpenAiWire.reply("{\"role\":\"assistant\",\"content\":\"Once upon\"}", "length")));

    assertThat(asking.openAi("gpt-4.1").reply(question("Tell")).cutOff()).isTrue();
  }

  @Test
  void a_reply_that_reached_its_limit_before_its_first_word_fails_and_says_what_to_raise() {
    stub.answers(json(OpenAiWire.reply("{\"role\":\"assistant\",\"content\":\"\"}", "length")));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Tell")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("limit of length")
        .hasMessageContaining("max_tokens");
    assertThat(stub.asked).hasSize(1);
  }

  @Test
  void an_empty_reply_is_asked_for_again_and_paid_for() {
    stub.answers(
        json(OpenAiWire.reply("{\"role\":\"assistant\",\"content\":\"\"}", "stop")),
        json(OpenAiWire.said("Hello.")));

    assertThat(asking.openAi("gpt-4.1").reply(question("Hi")))
        .isEqualTo(new Model.Reply("Hello.", List.of(), false, new Usage(2, 2400, 20, 0)));
  }

  @Test
  void a_refusal_is_a_failure_with_its_words() {
    stub.answers(
        json(
            OpenAiWire.reply(
                "{\"role\":\"assistant\",\"content\":null,\"refusal\":\"I cannot help.\"}",
                "stop")));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Hi")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("refused it: I cannot help");
    assertThat(stub.asked).hasSize(1);
  }

  @Test
  void what_the_filter_cut_is_a_failure() {
    stub.answers(
        json(OpenAiWire.reply("{\"role\":\"assistant\",\"content\":\"Half\"}", "content_filter")));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Hi")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("filter");
  }

  @Test
  void a_stream_refusal_is_a_failure_too() {
    stub.answers(
        events(OpenAiWire.event("{\"refusal\":\"I cannot.\"}", "") + OpenAiWire.end("stop")));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Hi"), piece -> {}))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("I cannot");
  }

  @Test
  void a_server_that_does_not_count_tokens_is_charged_by_length() {
    stub.answers(
        json(
            "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"12345678\"},"
                + "\"finish_reason\":\"stop\"}]}"));
    var request = question("Hi");

    assertThat(asking.openAi("llama").reply(request).usage())
        .isEqualTo(new Usage(1, (request.characters() + 3) / 4, 2, 0));
  }

  @Test
  void a_summary_may_not_call_tools() {
    stub.answers(json(OpenAiWire.said("In short.")));

    asking
        .openAi("gpt-4.1")
        .reply(
            new Model.Request(
                "clerk",
                "",
                Asking.conversation(1),
                List.of(Asking.GREP),
                1,
                Model.Purpose.SUMMARY));

    assertThat(stub.asked.getFirst().body().text("tool_choice")).contains("none");
  }

  @Test
  void a_server_of_another_address_may_want_no_key() {
    stub.answers(json(OpenAiWire.said("Hello.")));
    var provider = asking.provider(Service.OPENAI, Map.of("OPENAI_API_KEY", ""));

    assertThat(provider.model("llama3.2:3b").reply(question("Hi")).text()).isEqualTo("Hello.");
    assertThat(stub.asked.getFirst().header("Authorization")).isEqualTo("none");
  }

  @Test
  void openrouter_and_ollama_speak_the_same() {
    stub.answers(json(OpenAiWire.said("Hello.")));

    for (var service : List.of(Service.OPENROUTER, Service.OLLAMA)) {
      var model = asking.provider(service, Map.of()).model("qwen/qwen3");
      assertThat(model.reply(question("Hi")).text()).isEqualTo("Hello.");
      assertThat(stub.asked.getLast().body().text("model")).contains("qwen/qwen3");
    }
  }

  @Test
  void many_calls_at_a_time_wait_for_each_other_on_no_side() throws Exception {
    int calls = 300;
    var all = new CountDownLatch(calls);
    stub.answers(
        exchange -> {
          all.countDown();
          all.await();
          json(OpenAiWire.said("Hello.")).give(exchange);
        });
    var model = asking.openAi("gpt-4.1");

    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      var replies =
          callers.invokeAll(Collections.nCopies(calls, () -> model.reply(question("Hi")).text()));
      for (var reply : replies) {
        assertThat(reply.get()).isEqualTo("Hello.");
      }
    }
    assertThat(asking.waits).isEmpty();
  }

  @Test
  void a_model_is_made_once() {
    var provider = asking.provider(Service.OPENAI, Map.of());

    assertThat(provider.model("gpt-4.1")).isSameAs(provider.model("gpt-4.1"));
  }
}
