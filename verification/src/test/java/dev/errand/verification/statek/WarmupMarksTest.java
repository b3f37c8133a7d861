package dev.errand.verification.statek;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.job.CodeBlock;
import dev.errand.job.Usage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Warm-up code with STATEK's marks.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WarmupMarksTest {
  private static final String HIDDEN = "#STATEK: hidden = True\nkey = 'k'\nprint('unseen')";

  @AutoClose private final AgentCode code = new AgentCode();
  private final List<Model.Request> asked = Collections.synchronizedList(new ArrayList<>());

  @Test
  void what_a_hidden_block_prints_is_kept_from_the_model_and_not_from_people() {
    Model model =
        request -> {
          asked.add(request);
          return new Model.Reply("```python\nexit(key)\n```", Usage.NONE);
        };
    var job =
        code.submit(
            Agent.named("speaker").model(model).build(), spec -> spec, HIDDEN, "print('seen')");
    assertThat(AgentCode.outcome(job).value(String.class)).isEqualTo("k");
    assertThat(asked.getFirst().messages())
        .extracting(Model.Message::text)
        .containsExactly("<console>\nseen\n</console>\n");
    assertThat(AgentCode.console(job)).isEqualTo("unseen\nseen\n");
  }

  @Test
  void t052_jobs_with_equal_hidden_blocks_share_a_definition() {
    var job =
        code.submit(
            spec -> spec.var("hidden", HIDDEN),
            "for n in range(2):\n"
                + "    delegate_task(agent('c'), [hidden, '1'], shared_vars={'n': n})");
    AgentCode.printed(job);
    assertThat(job.children().stream().map(child -> child.record().definition()).distinct())
        .hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "look()  #STATEK: as tool",
        "#STATEK: title = 'a text'\nx = 1",
        "# STATEK: weight = -1.5e3",
        "#STATEK: shown = False\n#STATEK: other = None",
        "x = 1  # an ordinary comment"
      })
  void marks_are_settings_and_calls(String python) {
    assertThat(CodeBlock.python(python).marked().isHidden()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "#STATEK: as tool",
        "x = 1  #STATEK: hidden = True",
        "#STATEK: list = [1]",
        "#STATEK: nothing",
        "look()  #STATEK: as a tool"
      })
  void any_other_mark_is_an_error(String python) {
    assertThatThrownBy(() -> CodeBlock.python(python).marked())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Line 1 of the warm-up code has a mark that is none: #STATEK: ");
    var job =
        code.submit(
            spec -> spec.var("marked", python),
            """
            try:
                create_new_job(agent("c"), warmup_code=marked)
            except ValueError as error:
                print(error)
            """);
    assertThat(AgentCode.printed(job))
        .startsWith("Line 1 of the warm-up code has a mark that is none");
  }

  @Test
  void replies_of_models_are_not_looked_at() {
    var job =
        code.submit(
            Agent.named("speaker")
                .model(
                    request ->
                        new Model.Reply(
                            "```python\n#STATEK: what = ever()\nexit(1)\n```", Usage.NONE))
                .build(),
            spec -> spec);
    assertThat(AgentCode.outcome(job).value(Integer.class)).isEqualTo(1);
  }
}
