package dev.errand.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.job.Json;
import dev.errand.job.ModelException;
import dev.errand.job.ToolCall;
import dev.errand.job.Usage;
import dev.errand.spi.ModelProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScriptedModelTest {
  @TempDir Path folder;

  @Test
  void the_reply_is_chosen_by_how_many_were_given_before() {
    var model = ScriptedModel.replying("first", "second");

    assertThat(model.reply(after("main", 1)).text()).isEqualTo("second");
    assertThat(model.reply(after("main", 0)).text()).isEqualTo("first");
  }

  @Test
  void running_out_of_replies_fails_the_call_and_says_so() {
    var model = ScriptedModel.replying("only");

    assertThatThrownBy(() -> model.reply(after("main", 1)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("1 reply for agent main")
        .hasMessageContaining("asked for one more");
  }

  @Test
  void replies_may_differ_by_agent() {
    var model =
        read(
            """
            agents:
              main:
                - to main
              other: [to other]
            replies: [to the rest]
            """);

    assertThat(model.reply(after("main", 0)).text()).isEqualTo("to main");
    assertThat(model.reply(after("other", 0)).text()).isEqualTo("to other");
    assertThat(model.reply(after("third", 0)).text()).isEqualTo("to the rest");
  }

  @Test
  void an_error_in_the_script_fails_the_call_with_its_words() {
    var model = read("replies: [{error: the provider is down}]");

    assertThatThrownBy(() -> model.reply(after("main", 0)))
        .isInstanceOf(ModelException.class)
        .hasMessage("the provider is down");
  }

  @Test
  void usage_counts_as_one_call_with_what_the_script_says() {
    var model =
        read(
            """
            replies:
              - text: done
                usage: {input: 120, output: 7, microUsd: 900}
              - free
            """);

    assertThat(model.reply(after("main", 0)).usage()).isEqualTo(new Usage(1, 120, 7, 900));
    assertThat(model.reply(after("main", 1)).usage()).isEqualTo(new Usage(1, 0, 0, 0));
  }

  @Test
  void a_block_of_text_keeps_its_lines() {
    var model =
        read(
            """
            replies:
              - |
                I count.
                ```python
                exit(1 + 1)
                ```
            """);

    assertThat(model.reply(after("main", 0)).text())
        .isEqualTo("I count.\n```python\nexit(1 + 1)\n```\n");
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          just words                           | line 1: a script begins with replies: or agents:
          answers: [a]                         | line 1: 'answers' means nothing here
          replies:\\n  - calls: a              | line 2: calls are a list
          replies:\\n  - calls: [a]            | line 2: a call has tool
          replies:\\n  - calls: [{tool: a, x: 1}] | line 2: 'x' means nothing here; a call has
          replies:\\n  - calls: [{arguments: {}}] | line 2: a call has tool
          replies:\\n  - text: a\\n    cutOff: 1   | line 3: cutOff is true or false
          replies:\\n  - text: a\\n    delay: soon | line 3: a delay is written 2s
          replies:\\n  - error: a\\n    calls: []  | line 2: a reply is a text
          replies: [a]\\nsummary: [a]            | line 2: summary: is a text
          replies: []                          | there are no replies
          replies: a                           | replies are a list
          replies:\\n  - a\\n  - 7             | line 3: a reply is a text
          replies:\\n  - txt: a                | line 2: 'txt' means nothing here
          replies:\\n  - usage: {input: 1}     | line 2: a reply is a text
          replies:\\n  - text: a\\n    usage: {input: -1} | line 3: input must be a whole number
          replies:\\n  - text: a\\n    usage: {cost: 1}   | line 3: 'cost' is no usage
          replies:\\n  - 'open                 | not YAML
          replies:\\n- a\\n b: [               | not YAML
          agents: [a]                          | agents: holds a list of replies
          """)
  void a_malformed_script_is_refused_with_file_and_line(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml.replace("\\n", "\n")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("script.yaml is wrong in line ")
        .hasMessageContaining(message);
  }

  @Test
  void an_empty_script_is_refused() {
    assertThatThrownBy(() -> read(""))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("a script begins with replies: or agents:");
  }

  @Test
  void which_reply_is_next_is_decided_by_the_replies_had_and_not_by_what_is_still_shown() {
    var compacted =
        new Model.Request(
            "main", "", List.of(new Message.User("Summary.")), List.of(), 1, Model.Purpose.TURN);

    assertThat(ScriptedModel.replying("first", "second").reply(compacted).text())
        .isEqualTo("second");
  }

  @Test
  void a_reply_may_call_tools_beside_or_instead_of_words() {
    var model =
        read(
            """
            replies:
              - calls:
                  - tool: grep
                    arguments: {pattern: x, n: 3, ratio: 2.50, paths: [a, null], deep: {yes: true}}
                  - {tool: now}
              - text: I look.
                calls: [{tool: now, arguments: plain}]
                cutOff: true
            """);

    assertThat(model.reply(after("main", 0)))
        .isEqualTo(
            new Model.Reply(
                "",
                List.of(
                    new ToolCall(
                        "call-0-0",
                        "grep",
                        Json.parse(
                            "{\"pattern\":\"x\",\"n\":3,\"ratio\":2.50,\"paths\":[\"a\",null],\"deep\":{\"yes\":true}}")),
                    new ToolCall("call-0-1", "now", Json.Object.EMPTY)),
                false,
                new Usage(1, 0, 0, 0)));
    var second = model.reply(after("main", 1));
    assertThat(second.text()).isEqualTo("I look.");
    assertThat(second.cutOff()).isTrue();
    assertThat(second.calls())
        .containsExactly(new ToolCall("call-1-0", "now", new Json.Text("plain")));
  }

  @Test
  void java_gives_replies_that_call_tools_too() {
    var reply =
        new Model.Reply(
            "", List.of(new ToolCall("a", "now", Json.Object.EMPTY)), false, new Usage(1, 0, 0, 0));

    assertThat(ScriptedModel.of(reply).reply(after("main", 0))).isSameAs(reply);
  }

  @Test
  void a_summary_is_no_reply_of_the_list() {
    assertThat(read("replies: [a]\nsummary: In short.").reply(summary()).text())
        .isEqualTo("In short.");
    assertThat(read("replies: [a]").reply(summary()).text()).isEqualTo("Summary of 1 message.");
    assertThat(read("replies: [a]").estimate(summary())).isEqualTo(new Usage(1, 0, 0, 0));
  }

  private static Model.Request summary() {
    return new Model.Request(
        "main", "", List.of(new Message.User("Begin.")), List.of(), 7, Model.Purpose.SUMMARY);
  }

  @Test
  void its_words_are_said_in_a_few_pieces() {
    var said = new ArrayList<String>();

    var reply = ScriptedModel.replying("one 😀😀 two").reply(after("main", 0), said::add);

    assertThat(said).hasSizeBetween(2, 3);
    assertThat(String.join("", said)).isEqualTo(reply.text());
    assertThat(said).noneMatch(piece -> Character.isLowSurrogate(piece.charAt(0)));
  }

  @Test
  void a_delay_heeds_interruption() {
    var model = read("replies:\n  - text: late\n    delay: 3600s");

    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> model.reply(after("main", 0)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("interrupted in a delay");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void a_delay_may_be_given_in_milliseconds() {
    var model = read("replies:\n  - {text: a, delay: 1ms}\n  - {text: b, delay: 1}");

    assertThat(model.reply(after("main", 0)).text()).isEqualTo("a");
    assertThat(model.reply(after("main", 1)).text()).isEqualTo("b");
  }

  @Test
  void a_missing_script_is_named() {
    assertThatThrownBy(() -> ScriptedModel.read(folder.resolve("none.yaml")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("There is no script " + folder.resolve("none.yaml"));
  }

  @Test
  void a_script_that_is_no_text_is_refused() throws IOException {
    var file = Files.write(folder.resolve("script.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});

    assertThatThrownBy(() -> ScriptedModel.read(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("is not UTF-8 text");
  }

  @Test
  void the_provider_is_found_by_the_service_loader() throws IOException {
    var file = Files.writeString(folder.resolve("script.yaml"), "replies: [hello]");
    var providers = ServiceLoader.load(ModelProvider.class).stream();
    var scripted =
        providers
            .map(ServiceLoader.Provider::get)
            .filter(provider -> provider.provider().equals("scripted"))
            .findFirst()
            .orElseThrow();

    assertThat(scripted.model(file.toString()).reply(after("main", 0)).text()).isEqualTo("hello");
  }

  private ScriptedModel read(String yaml) {
    try {
      var file = folder.resolve("script.yaml");
      return ScriptedModel.read(Files.writeString(file, yaml, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Model.Request after(String agent, int replies) {
    var messages = new ArrayList<Message>();
    messages.add(new Model.Message.User("Begin."));
    for (int i = 0; i < replies; i++) {
      messages.add(new Model.Message.Assistant("reply " + i));
      messages.add(new Model.Message.User("console"));
    }
    return new Model.Request(agent, "", messages);
  }
}
