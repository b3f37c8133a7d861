package dev.errand.verification.statek;

import static dev.errand.verification.Recorded.python;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.job.Entry;
import dev.errand.job.JobStatus;
import dev.errand.job.Usage;
import dev.errand.verification.Recorded;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// N01 to N11, R01, P03 to P10 and W4 to W9: how a model hears of its subtasks and of messages.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NotificationCasesTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @AutoClose private final AgentCode code = new AgentCode();
  private final List<Model.Request> asked = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch go = new CountDownLatch(1);

  private Model saying(String... replies) {
    return Recorded.replying(asked, replies);
  }

  private static int replies(Model.Request request) {
    return (int)
        request.messages().stream()
            .filter(message -> message instanceof Model.Message.Assistant)
            .count();
  }

  private Job converse(String... replies) {
    return code.submit(Agent.named("speaker").model(saying(replies)).build(), spec -> spec);
  }

  private String shown(int turn) {
    return asked.get(turn).messages().getLast().text();
  }

  private static final String CHILD =
      """
      def child(code, id=None):
          return create_sub_task(create_new_job(agent("child"), warmup_code=code), id=id)

      def until_ended(*handlers):
          while not all(h.is_completed for h in handlers):
              pass

      """;

  /// N01, N03, W7: a failure is told as a user's words, which no provider drops.
  @Test
  void results_and_errors_are_told_alike() {
    var job =
        converse(
            python(
                CHILD
                    + """
                    a, b, c = child("complete_sub_task(result=[1, 2])", "a"), child("complete_sub_task(error='no luck')", "b"), child("exit('forgot')")
                    until_ended(a, b, c)
                    """),
            python("exit('heard')"));
    assertThat(AgentCode.outcome(job).value(String.class)).isEqualTo("heard");
    assertThat(shown(1))
        .contains(
            "[Notification] sub-task id=a completed successfully. Result: [1,2]\n",
            "[Error] sub-task id=b failed with no luck\n",
            "[Error] sub-task failed with The child ended without completing its handler");
    assertThat(asked.get(1).messages().getLast()).isInstanceOf(Model.Message.User.class);
  }

  /// N04, W6: a result of which the text cannot be said is told all the same.
  @Test
  void a_result_whose_text_fails_is_told_and_stays() {
    var job =
        converse(
            python(
                CHILD
                    + """
                    class Shy:
                        def __str__(self):
                            raise ValueError("not for you")

                    def shy():
                        return Shy()

                    h, other = delegate(shy, id="shy"), child("complete_sub_task(result=2)", "other")
                    until_ended(h, other)
                    """),
            python("exit([type(h.result).__name__, other.result])"));
    assertThat(AgentCode.outcome(job).value(Object.class)).isEqualTo(List.of("Shy", 2));
    assertThat(shown(1))
        .contains("sub-task id=shy completed successfully. Result: <Shy>")
        .contains("sub-task id=other completed successfully. Result: 2");
  }

  /// W4, W5, N11: those that ended meanwhile are told in one turn, once, in the order of their
  /// ends.
  @Test
  void a_busy_parent_is_told_of_all_ends_at_its_next_turn() {
    var job =
        converse(
            python(
                CHILD
                    + "first = child('complete_sub_task(result=1)', 1)\n"
                    + "until_ended(first)\n"
                    + "second = child('complete_sub_task(result=2)', 2)\n"
                    + "until_ended(second)"),
            python("print('on we go')"),
            python("exit('done')"));
    assertThat(AgentCode.outcome(job).value(String.class)).isEqualTo("done");
    assertThat(shown(1))
        .containsSubsequence("id=1 completed successfully", "id=2 completed successfully");
    assertThat(shown(2)).doesNotContain("completed successfully");
    assertThat(notifications(job)).isEqualTo(1);
  }

  private static long notifications(Job job) {
    return job.history(0, 1000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.NOTIFICATION)
        .count();
  }

  /// N10, W9: a parent that is done goes on, with the outcome that it had taken back.
  @Test
  void a_parent_that_is_done_is_revived_by_the_end_of_a_child() {
    slow();
    var job =
        converse(
            python("h = create_sub_task(create_new_job(agent('slow')), id='slow')\nexit('first')"),
            python("exit([find_sub_task_handler(id='slow').result, current_job().status])"));
    assertThat(AgentCode.outcome(job).value(String.class)).isEqualTo("first");
    go.countDown();
    awaitEnds(job, 2);
    assertThat(AgentCode.outcome(job).value(Object.class)).isEqualTo(List.of(7, "STARTED"));
    assertThat(notifications(job)).isEqualTo(1);
  }

  private void slow() {
    code.errand()
        .register(
            Agent.named("slow")
                .program(
                    scope -> {
                      go.await();
                      return 7;
                    })
                .build());
  }

  private static void awaitEnds(Job job, int count) {
    Awaitility.await()
        .atMost(LONG)
        .until(
            () ->
                job.history(0, 1000).stream()
                        .filter(entry -> entry.kind() == Entry.Kind.JOB_ENDED)
                        .count()
                    == count);
  }

  @Test
  void r01_a_final_reply_is_not_final_while_the_model_was_not_told() {
    slow();
    var job =
        code.submit(
            Agent.named("speaker")
                .model(
                    request -> {
                      asked.add(request);
                      var replies =
                          List.of(
                              python(
                                  "h = create_sub_task(create_new_job(agent('slow')), id='slow')"),
                              "I am done.",
                              "Now I know.");
                      if (replies(request) == 1) {
                        go.countDown();
                        awaitEndOfChild();
                      }
                      return new Model.Reply(replies.get(replies(request)), Usage.NONE);
                    })
                .build(),
            spec -> spec);
    assertThat(AgentCode.outcome(job).value(String.class)).isEqualTo("Now I know.");
    assertThat(shown(2)).contains("[Notification] sub-task id=slow completed successfully.");
  }

  private void awaitEndOfChild() {
    Awaitility.await()
        .atMost(LONG)
        .until(
            () ->
                code.errand().jobs().stream()
                    .anyMatch(
                        job -> job.id().parent().isPresent() && job.status() == JobStatus.DONE));
  }

  /// W8: what the parent printed stands before the notification that came after it.
  @Test
  void nothing_printed_is_lost_beside_a_notification() {
    var job =
        converse(
            python(
                CHILD
                    + "print('before')\n"
                    + "h = child('complete_sub_task(result=1)')\n"
                    + "until_ended(h)\n"
                    + "print('after')"),
            python("exit()"));
    AgentCode.outcome(job);
    assertThat(shown(1)).containsSubsequence("before\n", "after\n", "[Notification]");
  }

  @Test
  void n09_what_has_not_ended_is_not_told() {
    var job =
        converse(
            python(
                CHILD
                    + "h = child('callback(\"never\").result', 'x')\n"
                    + "print(h.get_log_message()[:42])"),
            python("exit(h.is_completed)"));
    assertThat(AgentCode.outcome(job).value(Boolean.class)).isFalse();
    assertThat(shown(1)).contains("\n[Notification] sub-task id=x is not comple\n");
  }

  @Test
  void t074_code_that_shows_a_value_has_no_current_job() {
    var job =
        converse(
            python(
                """
                class Sly:
                    def __llm_repr__(self):
                        try:
                            complete_sub_task(result=1)
                        except RuntimeError as error:
                            return str(error)

                Sly()
                """),
            python("exit()"));
    AgentCode.outcome(job);
    assertThat(shown(1)).contains("\ncomplete_sub_task requires a current job\n");
  }

  /// P03, P07, P08: messages reach the model at its next turn, in their order, once.
  @Test
  void messages_are_read_in_their_order_and_once() {
    var job = converse(python("callback('go').result"), python("x = 1"), python("exit('read')"));
    Awaitility.await().atMost(LONG).until(() -> job.record().status() == JobStatus.SUSPENDED);
    job.say("one");
    job.say("two");
    assertThat(AgentCode.outcome(job).value(String.class)).isEqualTo("read");
    var all =
        String.join(
            "", asked.stream().map(request -> request.messages().getLast().text()).toList());
    assertThat(all)
        .containsSubsequence("one\n", "two\n")
        .containsOnlyOnce("one\n")
        .containsOnlyOnce("two\n");
  }

  @Test
  void p10_messages_reach_the_jobs_they_are_for() {
    var jobs = List.of(converse("a", "b"), converse("a", "b"));
    for (var job : jobs) {
      AgentCode.outcome(job);
    }
    asked.clear();
    jobs.getFirst().say("for the first");
    awaitEnds(jobs.getFirst(), 2);
    assertThat(asked)
        .singleElement()
        .satisfies(request -> assertThat(shown(0)).isEqualTo("for the first\n"));
    assertThat(jobs.getLast().history(0, 100))
        .noneMatch(entry -> entry.kind() == Entry.Kind.SIGNAL);
  }

  /// T078, T083: what a model says besides its code is what is heard of a mute delegation.
  @Test
  void a_mute_delegation_is_heard_as_text() {
    code.errand()
        .register(
            Agent.named("writer")
                .model(
                    saying("Let me see.\n" + python("n = 6 * 7"), "It is done.", "Hello to you."))
                .build());
    assertThat(
            code.printed(
                """
                print(delegate_mute_task("writer").value)
                print(delegate_mute_task(agent("program"), "exit([1, 2])").value)
                print(repr(delegate_mute_task(agent("program"), "1").value))
                """))
        .isEqualTo("Let me see.\nIt is done.\n[1, 2]\n''\n");
  }

  @Test
  void t081_a_mute_dialog_answers_its_message() {
    code.errand()
        .register(
            Agent.named("writer")
                .model(
                    request ->
                        new Model.Reply(
                            "You said: " + request.messages().getLast().text().strip(), Usage.NONE))
                .build());
    assertThat(
            code.printed(
                """
                print(delegate_mute_dialog("writer", "good morning").value)
                print(get_any(start_dialog("writer", "and good night")).value)
                """))
        .isEqualTo("You said: good morning\nYou said: and good night\n");
  }

  /// The application begins a conversation in the same way.
  @Test
  void a_job_may_be_submitted_with_its_first_message() {
    var job =
        code.submit(
            Agent.named("speaker").model(saying("Hello.")).build(),
            spec -> spec.message("Good morning."));
    assertThat(AgentCode.outcome(job).value(String.class)).isEqualTo("Hello.");
    assertThat(shown(0)).isEqualTo("Good morning.\n");
  }

  private Model.Request askedIn(String locale, UnaryOperator<Agent.Builder> manner) {
    var agent = Agent.named("speaker").instructions("Be brief.").guide(false).model(saying("Tak."));
    var job =
        code.submit(
            manner.apply(agent).build(),
            spec -> (locale.isEmpty() ? spec : spec.locale(locale)).message("Where is it?"));
    AgentCode.outcome(job);
    return asked.getLast();
  }

  @Test
  void p09_a_message_in_another_language_leaves_the_rule_of_the_locale() {
    var request = askedIn("pl-PL", agent -> agent);
    assertThat(request.system())
        .isEqualTo(
            "Be brief.\n\n"
                + "Wszystko, co czytają ludzie, pisz po polsku, w jakimkolwiek języku piszą oni"
                + " sami.");
    assertThat(request.messages().getLast().text())
        .isEqualTo("Where is it?\n(Odpowiedz po polsku.)\n");
  }

  @Test
  void the_language_is_told_once_or_not_at_all_if_the_agent_says_so() {
    var withoutRule = askedIn("de", agent -> agent.languageRule(false));
    assertThat(withoutRule.system()).isEqualTo("Be brief.");
    assertThat(withoutRule.messages().getLast().text()).endsWith("(Antworte auf Deutsch.)\n");
    var withoutHint = askedIn("FR-FR", agent -> agent.languageHint(false));
    assertThat(withoutHint.system()).contains("Écris en français");
    assertThat(withoutHint.messages().getLast().text()).isEqualTo("Where is it?\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nl-NL", "no locale at all"})
  void a_locale_of_no_known_language_tells_nothing(String locale) {
    var request = askedIn(locale, agent -> agent);
    assertThat(request.system()).isEqualTo("Be brief.");
    assertThat(request.messages().getLast().text()).isEqualTo("Where is it?\n");
  }
}
