package dev.errand.verification.statek;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.job.Entry;
import dev.errand.job.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// T076, T077 and N04: handlers of a class of the job's own tell its model of their ends.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LogMessagesTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private static final String OWNED =
      """
      class Owned(SubTaskHandler):
          def __init__(self, job, id=None, owner=""):
              super().__init__(job, id)
              self.owner = owner

          def get_log_message(self):
              return f"{self.owner}'s {self.id} is {self.state}"

      def child(code, id, handler_type=Owned, **more):
          return create_sub_task(create_new_job(agent("child"), warmup_code=code), handler_type, id=id, **more)

      def until_ended(*handlers):
          while not all(h.is_completed for h in handlers):
              pass

      """;

  @AutoClose private final AgentCode code = new AgentCode();
  private final List<Model.Request> asked = Collections.synchronizedList(new ArrayList<>());

  private Agent.Builder saying(String... replies) {
    Model model =
        request -> {
          asked.add(request);
          return new Model.Reply(replies[Math.min(asked.size(), replies.length) - 1], Usage.NONE);
        };
    return Agent.named("speaker").model(model);
  }

  private static String python(String code) {
    return "```python\n" + code + "\n```\n";
  }

  /// What the model is told after a turn with this code.
  private String told(String python) {
    var agent = saying(python(OWNED + python), python("exit(len(sub_tasks()))"));
    var job = code.submit(agent.blockTime(Duration.ofSeconds(2)).build(), spec -> spec);
    assertThat(AgentCode.outcome(job).value(Integer.class)).isPositive();
    return asked.get(1).messages().getLast().text();
  }

  @Test
  void a_handler_of_a_class_of_the_jobs_own_tells_its_end_in_its_own_words() {
    assertThat(
            told(
                """
                a = child("complete_sub_task(result=[1, 2])", "a", owner="Ada")
                b = child("complete_sub_task(error='no luck')", "b", owner="Bob")
                c = child("complete_sub_task(result=3)", "c", SubTaskHandler)
                until_ended(a, b, c)
                """))
        .contains(
            "Ada's a is COMPLETED Result: [1,2]\n",
            "Bob's b is ERROR\n",
            "[Notification] sub-task id=c completed successfully. Result: 3\n");
  }

  @Test
  void a_handler_that_the_code_let_go_tells_its_end_too() {
    assertThat(
            told(
                """
                child("complete_sub_task(result=1)", "lost", owner="Ada")
                until_ended(*sub_tasks())
                """))
        .contains("Ada's lost is COMPLETED Result: 1\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "raise ValueError('not for you')",
        "return 7",
        "exit('away')",
        "return delegate(len, []).result",
        "while True: pass",
      })
  void words_that_fail_are_replaced_by_the_usual_ones(String body) {
    assertThat(
            told(
                """
                class Shy(SubTaskHandler):
                    def get_log_message(self):
                        %s

                shy = child("complete_sub_task(result=1)", "shy", Shy)
                until_ended(shy)
                """
                    .formatted(body)))
        .contains("[Notification] sub-task id=shy completed successfully. Result: 1\n");
  }

  @Test
  void n04_words_that_fail_leave_their_neighbours_alone() {
    assertThat(
            told(
                """
                class Shy(SubTaskHandler):
                    def get_log_message(self):
                        raise ValueError("not for you")

                shy = child("complete_sub_task(error='no luck')", "shy", Shy)
                bold = child("complete_sub_task(result=2)", "bold", owner="Ada")
                until_ended(shy, bold)
                """))
        .contains("[Error] sub-task id=shy failed with no luck\n", "Ada's bold is COMPLETED");
  }

  @Test
  void its_words_print_nothing_and_change_no_turn() {
    assertThat(
            told(
                """
                class Loud(Owned):
                    def get_log_message(self):
                        print("heard by nobody")
                        return super().get_log_message()

                loud = child("complete_sub_task(result=1)", "loud", Loud, owner="Ada")
                until_ended(loud)
                """))
        .contains("Ada's loud is COMPLETED")
        .doesNotContain("heard by nobody");
  }

  /// What is not stored a process that is opened later would not know.
  @Test
  void a_handler_that_has_told_its_end_knows_it_only_once_code_asks() {
    var begins = python(OWNED + "a = child('complete_sub_task(result=1)', 'a', owner='Ada')");
    Model model =
        request -> {
          asked.add(request);
          boolean isTold = request.messages().getLast().text().contains("Ada's a is COMPLETED");
          var next = python(isTold ? "exit([repr(a), a.is_completed, repr(a)])" : "sleep(0.2)");
          return new Model.Reply(asked.size() == 1 ? begins : next, Usage.NONE);
        };
    var job = code.submit(Agent.named("speaker").model(model).build(), spec -> spec);
    var said = AgentCode.outcome(job).value(Object[].class);

    assertThat(said[0]).asString().doesNotContain("COMPLETED");
    assertThat(said[1]).isEqualTo(true);
    assertThat(said[2]).asString().contains("COMPLETED");
  }

  @Test
  void an_exit_that_was_put_off_for_them_leaves_the_variables_as_they_were() {
    var agent =
        saying(
            python(
                OWNED
                    + """
                    a = child("complete_sub_task(result=1)", "a", owner="Ada")
                    until_ended(a)
                    kept = 41
                    exit("too early")
                    """),
            python("exit(kept + 1)"));
    var job = code.submit(agent.build(), spec -> spec);
    assertThat(AgentCode.outcome(job).value(Integer.class)).isEqualTo(42);
    assertThat(asked.get(1).messages().getLast().text()).contains("Ada's a is COMPLETED");
  }

  @Test
  void a_job_that_was_done_tells_it_from_the_variables_it_left() {
    var agent =
        saying(
            python(
                OWNED
                    + "child(\"complete_sub_task(result=callback('go').result)\", 'late',"
                    + " owner='Ada')"),
            "I wait.",
            python("exit('heard')"));
    var job = code.submit(agent.build(), spec -> spec);
    Awaitility.await().atMost(LONG).until(() -> job.outcome().isPresent() && isAsking(job));
    job.children().getFirst().answer("go", 5);
    Awaitility.await().atMost(LONG).until(() -> asked.size() == 3);
    assertThat(AgentCode.outcome(job).value(String.class)).isEqualTo("heard");
    assertThat(asked.get(2).messages().getLast().text())
        .isEqualTo("Ada's late is COMPLETED Result: 5\n");
    assertThat(job.history(0, 1000))
        .filteredOn(entry -> entry.kind() == Entry.Kind.NOTIFICATION)
        .hasSize(1);
  }

  private static boolean isAsking(Job job) {
    return !job.children().isEmpty() && !job.children().getFirst().callbacks().isEmpty();
  }
}
