package dev.errand.verification.calls;

import static dev.errand.verification.calls.Talk.call;
import static dev.errand.verification.calls.Talk.calls;
import static dev.errand.verification.calls.Talk.results;
import static dev.errand.verification.calls.Talk.says;
import static dev.errand.verification.calls.Talk.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.agent.Agent;
import dev.errand.agent.Description;
import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.agent.Tool;
import dev.errand.agent.ToolFunction;
import dev.errand.job.ChatStyle;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.ToolCall;
import dev.errand.python.CPythonRuntime;
import dev.errand.verification.programs.Waiting;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How replies are read and what comes of them is shown, in each chat style, with real Python.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChatStylesTest {
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();

  @AutoClose
  private final Talk talk = new Talk(builder -> builder.runtime(Waiting.KEPT.over(PYTHON)));

  @AfterAll
  static void closePython() {
    PYTHON.close();
  }

  private Agent.Builder agent(ChatStyle style, Model.Reply... replies) {
    return talk.agent("a", replies).style(style).tools(ToolFunction.PYTHON_CLI);
  }

  private static ToolCall cli(String code) {
    return call("python_cli", Json.object("code", code));
  }

  private static String fenced(String code) {
    return "```python\n" + code + "\n```";
  }

  private String shown() {
    return talk.asked().getLast().messages().getLast().text();
  }

  @Test
  void console_all_of_a_reply_is_code_and_each_line_that_is_printed_is_marked() {
    var job =
        talk.submit(
            agent(ChatStyle.CONSOLE, says("print('a')\nprint('b')\n1 + 1"), says("exit('out')")),
            "Go.");
    assertThat(talk.answer(job)).isEqualTo("out");
    assertThat(shown()).isEqualTo("> a\n> b\n> 2\n");
    assertThat(talk.asked().getFirst().tools()).isEmpty();
  }

  @Test
  void console_a_fence_around_all_of_it_is_forgiven() {
    assertThat(talk.answer(agent(ChatStyle.CONSOLE, says(fenced("exit('out')"))), "Go."))
        .isEqualTo("out");
  }

  @Test
  void markdown_fenced_code_is_carried_out_and_words_alone_are_an_error() {
    var job =
        talk.submit(
            agent(
                ChatStyle.MARKDOWN,
                says("I am done."),
                says("Well.\n" + fenced("print('x')")),
                says(fenced("exit('out')"))),
            "Go.");
    assertThat(talk.answer(job)).isEqualTo("out");
    assertThat(talk.asked().get(1).messages().getLast().text())
        .startsWith("Error: no code submitted.");
    assertThat(shown()).isEqualTo("x\n");
  }

  @Test
  void markdown_a_model_that_never_writes_code_fails() {
    var outcome = talk.outcome(talk.submit(agent(ChatStyle.MARKDOWN, says("Hm.")), "Go."));
    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
  }

  @Test
  void md_dialog_code_prints_between_tags_and_words_alone_end_the_job() {
    var job =
        talk.submit(
            agent(ChatStyle.MD_DIALOG, says(fenced("print('x')\n1 / 0")), says("Done.")), "Go.");
    assertThat(talk.answer(job)).isEqualTo("Done.");
    assertThat(shown())
        .startsWith("<console>\nx\nTraceback")
        .endsWith("ZeroDivisionError: division by zero\n</console>\n");
  }

  @Test
  void direct_a_fence_is_words_and_code_runs_by_python_cli_alone() {
    var job =
        talk.submit(
            agent(
                ChatStyle.DIRECT,
                calls(cli("x = 20\nprint('x is', x)\nx + 1")),
                says("See:\n" + fenced("exit(1)"))),
            "Go.");
    assertThat(talk.answer(job)).isEqualTo("See:\n" + fenced("exit(1)"));
    assertThat(talk.asked().getLast().messages().getLast())
        .isEqualTo(new Message.ToolResult("call_0", "python_cli", "x is 20\n21\n", false));
  }

  @Test
  void direct_an_error_of_the_code_is_the_failed_result_of_the_call() {
    var job =
        talk.submit(
            agent(ChatStyle.DIRECT, calls(cli("kept = 7\n1 / 0")), calls(cli("exit(str(kept))"))),
            "Go.");
    assertThat(talk.answer(job)).isEqualTo("7");
    var result = results(talk.asked().getLast()).getFirst();
    assertThat(result.failed()).isTrue();
    assertThat(result.text()).startsWith("Traceback").contains("ZeroDivisionError");
  }

  @Test
  void direct_several_calls_of_python_cli_are_refused_and_none_is_carried_out() {
    var job =
        talk.submit(
            agent(ChatStyle.DIRECT, calls(cli("print(1)"), cli("print(2)")), says("Oh.")), "Go.");
    talk.answer(job);
    assertThat(texts(talk.asked().getLast()))
        .containsOnly("Only 1 python_cli call is allowed per step, got 2");
    assertThat(Talk.entries(job, Entry.Kind.CONSOLE)).isEmpty();
  }

  @Test
  void direct_code_that_is_blank_or_none_is_an_error_of_the_call() {
    talk.answer(
        agent(
            ChatStyle.DIRECT,
            calls(cli(" ")),
            calls(call("python_cli", Json.Object.EMPTY)),
            says("Oh.")),
        "Go.");
    assertThat(texts(talk.asked().getLast()).getFirst())
        .contains("InputValidationError: code is required");
  }

  @Test
  void direct_other_tools_come_before_the_code_which_prints_nothing() {
    var order = new java.util.concurrent.CopyOnWriteArrayList<String>();
    var note = ToolFunction.of("note", "", List.of("text"), call -> order.add(call.text("text")));
    talk.answer(
        agent(
                ChatStyle.DIRECT,
                calls(cli("note(text='code')\nNone"), call("note", Json.object("text", "call"))),
                says("Ok."))
            .tools(note),
        "Go.");
    assertThat(order).containsExactly("call", "code");
    assertThat(texts(talk.asked().getLast())).containsExactly("[the code printed nothing]", "true");
  }

  @Test
  void direct_a_subtask_and_code_that_delegates_have_children_of_their_own_numbers() {
    var code = cli("h = delegate(lambda: 'code')\nprint(h.result)");
    var agent =
        talk.agent(
                "a",
                request ->
                    Talk.isSubTask(request)
                        ? says("tool")
                        : Talk.nth(
                            request,
                            calls(Talk.subTask("a", "x"), code, Talk.subTask("b", "x")),
                            says("Ok.")))
            .style(ChatStyle.DIRECT)
            .tools(ToolFunction.PYTHON_CLI, ToolFunction.SUB_TASK);
    var job = talk.submit(agent, "Go.");
    talk.answer(job);
    assertThat(texts(talk.asked().getLast()))
        .containsExactly(
            "SubTask 'a' completed.\n\ntool", "code\n", "SubTask 'b' completed.\n\ntool");
    assertThat(job.children()).hasSize(3);
  }

  @Test
  void an_agent_that_talks_says_its_words_beside_calls_and_its_last_ones() {
    var said = new java.util.concurrent.CopyOnWriteArrayList<String>();
    var send = ToolFunction.of("send", "", List.of("body"), call -> said.add(call.text("body")));
    var both = new Model.Reply("A moment.", calls(cli("print(1)")).calls(), false, Talk.PRICE);
    talk.answer(agent(ChatStyle.DIRECT, both, says("There.")).dialog(send), "Go.");
    assertThat(said).containsExactly("A moment.", "There.");
  }

  static final class Hotel {
    @Tool("Books a room.\nAsk before you do.")
    String bookRoom(@Description("How many nights") int nights, Optional<String> name) {
      return name.orElse("any") + " for " + nights;
    }
  }

  @Test
  void python_calls_tools_by_keyword_and_reads_what_they_are_for() {
    var code = "print(book_room(nights=2))\nprint(docstr(book_room))\nprint(brief(book_room))";
    talk.answer(
        agent(ChatStyle.MD_DIALOG, says(fenced(code)), says("Ok.")).tools(new Hotel()), "Go.");
    assertThat(shown())
        .isEqualTo(
            """
            <console>
            any for 2
            book_room(nights, name=None)

            Books a room.
            Ask before you do.

            Args:
                nights (integer): How many nights
                name (string, optional)
            book_room(nights, name=None): Books a room.
            </console>
            """);
  }

  @Test
  void a_model_is_told_how_to_act_and_what_its_code_can_call() {
    talk.answer(
        agent(ChatStyle.MD_DIALOG, says("Ok.")).instructions("Be kind.").tools(new Hotel()), "Go.");
    assertThat(talk.asked().getLast().system())
        .startsWith("Be kind.\n\n# How to act\n\nTo act, write Python in a fenced block")
        .endsWith("\n- book_room(nights, name=None): Books a room.");
    talk.answer(
        agent(ChatStyle.MD_DIALOG, says("Ok.")).instructions("Be kind.").guide(false), "Go.");
    assertThat(talk.asked().getLast().system()).isEqualTo("Be kind.");
    talk.answer(
        talk.agent("b", says("Ok.")).style(ChatStyle.DIRECT).instructions("Be kind."), "Go.");
    assertThat(talk.asked().getLast().system()).isEqualTo("Be kind.");
  }

  @Test
  void a_tool_for_models_only_is_no_name_in_python() {
    var tool =
        ToolFunction.of("secret", "", List.of(), call -> 1)
            .visibility(ToolFunction.Visibility.CALLS);
    talk.answer(
        agent(ChatStyle.MD_DIALOG, says(fenced("secret()")), says("Ok.")).tools(tool), "Go.");
    assertThat(shown()).contains("NameError");
  }
}
