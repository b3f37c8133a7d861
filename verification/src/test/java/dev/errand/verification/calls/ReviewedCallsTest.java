package dev.errand.verification.calls;

import static dev.errand.verification.calls.Talk.call;
import static dev.errand.verification.calls.Talk.calls;
import static dev.errand.verification.calls.Talk.results;
import static dev.errand.verification.calls.Talk.says;
import static dev.errand.verification.calls.Talk.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.agent.ToolFunction;
import dev.errand.job.ChatStyle;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.ToolCall;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a review of models that call tools found.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReviewedCallsTest {
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();
  private static final ToolCall LOOK = call("look", Json.Object.EMPTY);

  @AutoClose
  private final Talk talk = new Talk(builder -> builder.runtime(Waiting.KEPT.over(PYTHON)));

  @AfterAll
  static void closePython() {
    PYTHON.close();
  }

  private static ToolFunction look(ToolFunction.Action action) {
    return ToolFunction.of("look", "", List.of(), action);
  }

  private static ToolCall cli(String code) {
    return call("python_cli", Json.object("code", code));
  }

  private static String fenced(String code) {
    return "```python\n" + code + "\n```";
  }

  private static Object trouble(ToolFunction.Call call) {
    throw new Trouble();
  }

  private static final class Trouble extends Error {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void an_error_in_one_of_several_calls_ends_the_job_as_it_does_in_a_single_one() {
    var broken = look(ReviewedCallsTest::trouble);
    for (var reply : List.of(calls(LOOK), calls(LOOK, LOOK))) {
      var job = talk.submit(talk.agent("a", reply, says("?")).tools(broken), "Look.");
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> job.record().status() == JobStatus.DONE);
      assertThat(talk.outcome(job)).isInstanceOf(Outcome.Failed.class);
    }
  }

  @Test
  void a_call_of_code_that_succeeds_is_not_told_as_failed_because_an_earlier_one_was() {
    var agent =
        talk.agent("a", calls(cli("1 / 0")), calls(cli("print('fine')")), says("Ok."))
            .style(ChatStyle.DIRECT)
            .tools(ToolFunction.PYTHON_CLI);
    var job = talk.submit(agent, "Go.");
    assertThat(talk.answer(job)).isEqualTo("Ok.");
    assertThat(results(talk.asked().getLast()).getFirst())
        .isEqualTo(new Message.ToolResult("call_0", "python_cli", "fine\n", false));
    assertThat(job.request(2)).isEqualTo(talk.asked().getLast());
  }

  @Test
  void what_stood_for_nothing_said_stays_in_the_conversation_as_it_was_sent() {
    var agent =
        talk.agent("a", says(fenced("x = 1")), says(fenced("x = 2")), calls(LOOK), says("Ok."))
            .tools(look(call -> "seen"));
    var job = talk.errand().submit(agent.build(), spec -> spec);
    assertThat(talk.answer(job)).isEqualTo("Ok.");
    var asked = talk.asked();
    assertThat(asked).hasSize(4);
    for (int turn = 1; turn < asked.size(); turn++) {
      var before = asked.get(turn - 1).messages().toArray(Message[]::new);
      assertThat(asked.get(turn).messages()).startsWith(before);
      assertThat(asked.get(turn).messages().getFirst()).isInstanceOf(Message.User.class);
      assertThat(job.request(turn)).isEqualTo(asked.get(turn));
    }
  }

  /// Reads a page in each of fifteen turns.
  private Agent.Builder reader(Model.Reply... summaries) {
    var read =
        ToolFunction.of("read", "", List.of(), call -> "x".repeat(1_000))
            .policy(EffectPolicy.READ_ONLY);
    var summed = new java.util.concurrent.atomic.AtomicInteger();
    return talk.agent(
            "reader",
            request -> {
              if (request.purpose() == Model.Purpose.SUMMARY) {
                return summaries[Math.min(summed.getAndIncrement(), summaries.length - 1)];
              }
              return request.replies() < 15
                  ? calls(call("read", Json.Object.EMPTY))
                  : says("All read.");
            })
        .tools(read)
        .compactAt(1_000);
  }

  @Test
  void a_summary_takes_the_place_of_the_one_before() {
    talk.answer(reader(says("Summary one."), says("Summary two."), says("Summary three.")), "Go.");
    assertThat(Talk.first(talk.asked().getLast()))
        .startsWith("Go.\n")
        .contains("Summary three.")
        .doesNotContain("Summary one.")
        .doesNotContain("Summary two.");
  }

  @Test
  void a_reply_that_is_no_summary_does_not_take_the_place_of_what_was_said() {
    var work = new Model.Reply("On I go.", calls(LOOK).calls(), false, Talk.PRICE);
    var job = talk.submit(reader(calls(LOOK), work, says(" "), says("Summary.")), "Go.");
    assertThat(talk.answer(job)).isEqualTo("All read.");
    assertThat(Talk.entries(job, Entry.Kind.COMPACTED))
        .isNotEmpty()
        .allMatch(entry -> entry.data().text("text").orElse("").equals("Summary."));
    assertThat(job.record().usage().calls()).isEqualTo(talk.asked().size());
  }

  @Test
  void code_is_not_carried_out_for_an_agent_that_was_not_given_the_tool_for_it() {
    var agent =
        talk.agent("a", calls(cli("print('ran')")), says("Ok."))
            .style(ChatStyle.DIRECT)
            .tools(look(call -> "seen"));
    var job = talk.submit(agent, "Go.");
    talk.answer(job);
    assertThat(Talk.entries(job, Entry.Kind.CONSOLE)).isEmpty();
    assertThat(texts(talk.asked().getLast()))
        .containsExactly("Error: there is no tool python_cli here; there are look");
  }

  @Test
  void code_by_call_is_carried_out_in_every_style_that_takes_calls() {
    for (var style : List.of(ChatStyle.MARKDOWN, ChatStyle.MD_DIALOG)) {
      var agent =
          talk.agent("a", calls(cli("print('ran')")), says(fenced("exit('Ok.')")))
              .style(style)
              .tools(ToolFunction.PYTHON_CLI);
      assertThat(talk.answer(agent, "Go.")).isEqualTo("Ok.");
      assertThat(texts(talk.asked().getLast())).containsExactly("ran\n");
    }
  }

  @Test
  void code_by_call_beside_a_fence_with_other_code_is_told_not_to_have_been_carried_out() {
    var both =
        new Model.Reply(
            fenced("print('fence')"), calls(cli("print('call')")).calls(), false, Talk.PRICE);
    var agent = talk.agent("a", both, says("Ok.")).tools(ToolFunction.PYTHON_CLI);
    var job = talk.submit(agent, "Go.");
    assertThat(talk.answer(job)).isEqualTo("Ok.");
    assertThat(Talk.entries(job, Entry.Kind.CONSOLE)).hasSize(1);
    assertThat(results(talk.asked().getLast()))
        .singleElement()
        .satisfies(
            result -> {
              assertThat(result.failed()).isTrue();
              assertThat(result.text()).startsWith("Not carried out");
            });
    assertThat(talk.asked().getLast().messages().getLast().text()).contains("fence");
  }

  @Test
  void a_subtask_that_has_begun_answers_its_call_whatever_the_rules_are_by_then() throws Exception {
    try (var errand = Errand.builder().store(new MemoryStore(InstantSource.system())).open()) {
      var asked = new CountDownLatch(1);
      var free = new CountDownLatch(1);
      Model model =
          request -> {
            if (!Talk.isSubTask(request)) {
              return Talk.nth(request, calls(Talk.subTask("Sum", "add")), says("Ok."));
            }
            asked.countDown();
            try {
              assertThat(free.await(1, TimeUnit.MINUTES)).isTrue();
            } catch (InterruptedException stopped) {
              throw new AssertionError(stopped);
            }
            return says("found");
          };
      var agent = Agent.named("a").model(model).tools(ToolFunction.SUB_TASK).build();
      var job = errand.submit(agent, spec -> spec.message("Go."));
      errand.worker().warmJobs(0).poll(Duration.ofMillis(20)).start();
      assertThat(asked.await(1, TimeUnit.MINUTES)).isTrue();
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> job.record().status() == JobStatus.SUSPENDED);
      errand.subTasks(rules -> rules.maxDepth(0));
      free.countDown();
      assertThat(job.await(Duration.ofMinutes(1)).value(String.class)).isEqualTo("Ok.");
      assertThat(Talk.entries(job, Entry.Kind.TOOL))
          .extracting(entry -> entry.data().text("code").orElse(""))
          .containsExactly("COMPLETED");
      assertThat(Talk.entries(job, Entry.Kind.SUBTASK_REFUSED)).isEmpty();
    }
  }

  @Test
  void a_tool_that_is_interrupted_by_its_own_doing_has_failed_and_the_job_goes_on() {
    var own =
        look(
            call -> {
              Thread.currentThread().interrupt();
              throw call.key().endsWith("1")
                  ? new InterruptedException("its own")
                  : new IllegalStateException("its own");
            });
    var agent =
        talk.agent(
                "a",
                request -> {
                  assertThat(Thread.currentThread().isInterrupted()).isFalse();
                  return Talk.nth(request, calls(LOOK), calls(LOOK, LOOK), says("Ok."));
                })
            .tools(own);
    var job = talk.submit(agent, "Look.");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> job.record().status() == JobStatus.DONE);
    assertThat(talk.answer(job)).isEqualTo("Ok.");
    assertThat(texts(talk.asked().getLast())).containsExactly("look: its own", "look: its own");
  }
}
