package dev.errand.verification.statek;

import static dev.errand.verification.Recorded.python;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectKey;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.JobEffect;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.Outcome;
import dev.errand.job.Reminder;
import dev.errand.job.StoreException;
import dev.errand.job.TaskError;
import dev.errand.job.Usage;
import dev.errand.job.Value;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// T083 and T102 to T117: agents that talk, their last message, and reminders.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DialogCasesTest {
  @AutoClose private final AgentCode code = new AgentCode();

  /// What was sent, in order: the text, and what came with it.
  private final List<String> sent = Collections.synchronizedList(new ArrayList<>());

  private final List<Model.Request> asked = Collections.synchronizedList(new ArrayList<>());

  private final ToolFunction send =
      ToolFunction.of(
          "send",
          "Sends a message.",
          List.of("body", "media?"),
          call -> {
            var media = call.arguments().get("media").map(Json::print).map(" with "::concat);
            sent.add(call.text("body") + media.orElse(""));
            return null;
          });

  /// A model that replies with these, in order, and with the last of them from then on.
  private Agent.Builder saying(String... replies) {
    Model model =
        request -> {
          asked.add(request);
          long said =
              request.messages().stream()
                  .filter(message -> message instanceof Model.Message.Assistant)
                  .count();
          return new Model.Reply(replies[(int) Math.min(said, replies.length - 1)], Usage.NONE);
        };
    return Agent.named("helpdesk").model(model);
  }

  private Agent.Builder talking(String... replies) {
    return saying(replies).dialog(send);
  }

  private Job submit(Agent.Builder agent) {
    return code.submit(agent.build(), spec -> spec.message("Where is my parcel?"));
  }

  private static String value(Job job) {
    return AgentCode.outcome(job).value(String.class);
  }

  private String shown(int turn) {
    return asked.get(turn).messages().getLast().text();
  }

  private static List<String> reminders(Job job) {
    return job.history(0, 1000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.REMINDER)
        .map(entry -> entry.data().text("text").orElseThrow())
        .toList();
  }

  @Test
  void t115_what_a_model_says_beside_its_code_is_delivered_and_its_code_carried_out() {
    var job =
        submit(talking("Let me look.\n" + python("print(1)"), python("1 + 1"), "On its way."));
    assertThat(value(job)).isEqualTo("On its way.");
    assertThat(sent).containsExactly("Let me look.", "On its way.");
    assertThat(AgentCode.console(job)).isEqualTo("1\n2\n");
  }

  /// T102, T104.
  @Test
  void an_answer_is_delivered_and_ends_the_job() {
    var job =
        submit(talking(python("answer('It is here.', media=['map.png'])\nprint('unreached')")));
    assertThat(value(job)).isEqualTo("Success");
    assertThat(sent).containsExactly("It is here. with [\"map.png\"]");
    assertThat(AgentCode.console(job)).isEmpty();
  }

  @Test
  void t103_an_agent_may_have_no_answer() {
    var job = submit(talking(python("answer('It is here.')"), "It is here.").answers(false));
    assertThat(value(job)).isEqualTo("It is here.");
    assertThat(shown(1)).contains("NameError: name 'answer' is not defined");
  }

  @Test
  void code_does_not_see_what_only_the_library_calls() {
    var job = submit(talking(python("_send_message('forged')"), "Sorry."));
    assertThat(value(job)).isEqualTo("Sorry.");
    assertThat(shown(1)).contains("NameError: name '_send_message' is not defined");
  }

  @Test
  void t083_what_a_dialog_has_said_is_the_value_of_a_mute_delegation() {
    code.errand()
        .register(talking("One moment.\n" + python("1"), python("answer('It is here.')")).build());
    assertThat(
            code.printed(
                "print(delegate_mute_dialog(agent('helpdesk'), 'Where is my parcel?').value)"))
        .isEqualTo("One moment.\nIt is here.\n");
  }

  @Test
  void a_message_that_cannot_be_delivered_is_told_to_the_model_which_goes_on() {
    var failing =
        ToolFunction.of(
            "send",
            "",
            List.of("body"),
            call -> {
              if (call.text("body").length() > 10) {
                throw new IllegalStateException("too long");
              }
              return null;
            });
    var job = submit(saying("It is on its way to you.", "On its way.", "Sent.").dialog(failing));
    assertThat(value(job)).isEqualTo("Sent.");
    for (int turn : List.of(1, 2)) {
      assertThat(shown(turn))
          .isEqualTo("[Error] what you said was not delivered: _send_message: too long\n");
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"text", "body,to", "body,to,media?"})
  void what_cannot_send_a_text_is_refused(String parameters) {
    var wrong = ToolFunction.of("send", "", List.of(parameters.split(",")), call -> null);
    assertThatThrownBy(() -> saying("x").dialog(wrong))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("A message is sent with the parameter body");
    assertThatThrownBy(() -> saying("x").dialog(send.policy(EffectPolicy.READ_ONLY)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is not READ_ONLY");
    assertThatThrownBy(() -> Agent.named("mute").dialog(send).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Agent mute has a dialog or a reminder, and no model that talks; give one");
  }

  @Test
  void t117_the_locale_of_a_dialog_is_the_one_that_was_given() {
    var job =
        code.submit(talking("Dzień dobry.").build(), spec -> spec.message("Hej").locale("pl-PL"));
    assertThat(value(job)).isEqualTo("Dzień dobry.");
    assertThat(code.errand().store().definition(job.record().definition()).orElseThrow().locale())
        .isEqualTo("pl-PL");
  }

  /// T105, T106.
  @Test
  void a_recurring_reminder_makes_a_model_go_on_until_it_has_reported() {
    var unreminded = submit(talking("Done."));
    assertThat(value(unreminded)).isEqualTo("Done.");
    assertThat(reminders(unreminded)).isEmpty();
    var job =
        submit(
            talking("Done.", "I said so.", python("answer('Reported.')"))
                .reminder(Reminder.recurring("Report with answer().")));
    assertThat(value(job)).isEqualTo("Success");
    assertThat(reminders(job)).containsExactly("Report with answer().", "Report with answer().");
    assertThat(asked.getLast().messages().getLast())
        .isEqualTo(new Model.Message.User("Report with answer().\n"));
  }

  @Test
  void a_reminder_may_come_once_and_needs_no_dialog() {
    var job = submit(saying("Done.", "Really.").reminder(Reminder.once("Sure?")));
    assertThat(value(job)).isEqualTo("Really.");
    assertThat(reminders(job)).containsExactly("Sure?");
  }

  /// T107: the message and the reply are two, so a dialog of three is not that long yet.
  @ParameterizedTest
  @CsvSource({"2, 1", "3, 0"})
  void t107_a_short_dialog_may_be_left_without_a_reminder(int least, int expected) {
    var job = submit(saying("Done.").reminder(Reminder.once("Sure?").minDialogLength(least)));
    assertThat(value(job)).isEqualTo("Done.");
    assertThat(reminders(job)).hasSize(expected);
  }

  @Test
  void a_reminder_uses_up_the_turns_that_a_job_has() {
    var job =
        submit(
            saying("Done.")
                .reminder(Reminder.recurring("Report."))
                .limits(Limits.DEFAULT.withTurns(3)));
    assertThat(AgentCode.outcome(job))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.error().kind()).isEqualTo(TaskError.Kind.LIMIT));
    assertThat(reminders(job)).hasSize(3);
  }

  /// T108 to T114.
  @Test
  void reminders_have_types_and_there_are_no_others() {
    assertThat(Reminder.ofType("RECURSIVE", "Report."))
        .isEqualTo(Reminder.ofType("RECURRING", "Report."))
        .isEqualTo(Reminder.recurring("Report."));
    assertThat(Reminder.ofType("ONCE", "Report.")).isEqualTo(Reminder.once("Report."));
    for (var type : List.of("BASE", "recurring", "")) {
      assertThatThrownBy(() -> Reminder.ofType(type, "Report."))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("'" + type + "' is no type of reminder; write RECURRING or ONCE");
    }
    assertThatThrownBy(() -> Reminder.once(" ")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Reminder.once("Report.").minDialogLength(-1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void crashed_at_any_commit_each_message_is_sent_under_one_key(boolean after) throws Exception {
    crashAtEveryWrite(
        after,
        EffectPolicy.IDEMPOTENT,
        (store, root) -> {
          // A worker of the round before, crashed with a call under way, may come to make it only
          // now.
          delivered.keySet().removeIf(key -> !key.startsWith(root.text()));
          assertThat(delivered)
              .containsExactlyInAnyOrderEntriesOf(
                  Map.of(
                      root + "/0/-1/0", "One moment.",
                      root + "/1/-1/0", "Here.",
                      root + "/2/-1/0", "Bye."));
          assertThat(store.unknownEffects(null, null, 10)).isEmpty();
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void crashed_at_any_commit_no_message_is_sent_twice_that_must_not_be(boolean after)
      throws Exception {
    crashAtEveryWrite(
        after,
        EffectPolicy.AT_MOST_ONCE,
        (store, root) -> {
          assertThat(sent).doesNotHaveDuplicates();
          var unknown = store.unknownEffects(null, null, 10);
          assertThat(unknown.stream().map(JobEffect::key))
              .allSatisfy(key -> assertThat(EffectKey.parse(key.text())).isEqualTo(key));
          boolean isTold = asked.getLast().messages().toString().contains("[Error] nobody knows");
          assertThat(isTold).isEqualTo(!unknown.isEmpty());
        });
  }

  /// What was delivered, by the key of the call.
  private final Map<String, String> delivered = new ConcurrentHashMap<>();

  private void crashAtEveryWrite(
      boolean after, EffectPolicy policy, BiConsumer<MemoryStore, JobId> check) throws Exception {
    try (var python = CPythonRuntime.create()) {
      boolean crashed = true;
      for (int at = 1; crashed; at++) {
        delivered.clear();
        sent.clear();
        asked.clear();
        var clock = ManualClock.create();
        var store = new MemoryStore(clock);
        var first = CrashInjector.failing(store, at, after);
        advance(python, first, clock, policy);
        first.awaitSilence();
        clock.advance(Duration.ofMinutes(2));
        advance(python, CrashInjector.failing(store, 0, false), clock, policy);

        var root = store.findByKey("the one").orElseThrow();
        assertThat(root.outcome())
            .as("crash %s write %d", after ? "after" : "before", at)
            .isEqualTo(new Outcome.Succeeded(Value.of("Bye.")));
        check.accept(store, root.id());
        crashed = first.crashed();
      }
    }
  }

  private void advance(
      CPythonRuntime python, CrashInjector injector, ManualClock clock, EffectPolicy policy)
      throws InterruptedException {
    var keeping =
        ToolFunction.of(
                "send",
                "",
                List.of("body"),
                call -> {
                  delivered.put(call.key(), call.text("body"));
                  sent.add(call.key());
                  return null;
                })
            .policy(policy);
    var agent =
        saying("One moment.\n" + python("x = 1"), "Here.", "Bye.")
            .dialog(keeping)
            .reminder(Reminder.once("Say goodbye."))
            .build();
    try (var errand =
        Errand.builder()
            .store(injector.store())
            .clock(clock)
            .runtime(Waiting.KEPT.over(python))
            .open()) {
      var job = errand.submit(agent, spec -> spec.key("the one"));
      errand.worker().lease(Duration.ofMinutes(1)).poll(Duration.ofMillis(5)).start();
      while (job.outcome().isEmpty()) {
        errand.awaitChange(Duration.ofMillis(100));
      }
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
    }
  }
}
