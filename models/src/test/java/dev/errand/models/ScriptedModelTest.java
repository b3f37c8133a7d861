package dev.errand.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.job.ModelException;
import dev.errand.job.Usage;
import dev.errand.spi.ModelProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
