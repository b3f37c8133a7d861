package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.errand.agent.Agent;
import dev.errand.agent.SubTaskSpec;
import dev.errand.job.Json;
import dev.errand.job.Retry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// What `tree` and `show` say of jobs that wait, and of handlers.
class StandingTest extends BesideWorker {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final String AGE = " \\(\\d.*?\\) ";

  @Test
  void a_tree_says_what_each_job_waits_for_and_shows_callbacks_as_such() {
    Asking.editor(working, "edition").children().getLast().answer("opinion", "fine");
    await()
        .atMost(LONG)
        .until(() -> working.job("edition").children().getLast().outcome().isPresent());

    var lines = shell.errand("tree", "edition").out().lines().toList();

    assertThat(lines).hasSize(5);
    assertThat(lines.get(0)).matches("◌ \\w+ editor" + AGE + "waits for subtask first");
    assertThat(lines.get(1)).matches("├─ ◌ \\S+ first" + AGE + "waits for callback opinion");
    assertThat(lines.get(2)).matches("│  └─ ◌ \\S+ callback opinion" + AGE + "waits for an answer");
    assertThat(lines.get(3)).matches("└─ ✓ \\S+ second" + AGE + "succeeded: fine");
    assertThat(lines.get(4)).matches("   └─ ✓ \\S+ callback opinion" + AGE + "answered: fine");
  }

  @Test
  void attempts_stand_below_the_job_that_supervises_them_with_their_numbers() {
    working.register(
        Agent.named("picky")
            .program(
                scope -> {
                  if (scope.id().ordinal() == 1) {
                    throw new IllegalStateException("no");
                  }
                  return scope.callback("go").await().result();
                })
            .build());
    var retry = Retry.attempts(3).backoff(Duration.ZERO);
    var parent =
        Agent.named("parent")
            .program(scope -> scope.start(SubTaskSpec.of("picky").retry(retry)).await().result())
            .build();
    var job = working.submit(parent, spec -> spec.key("retried"));
    await().atMost(LONG).until(() -> job.callbacks().size() == 1);
    Asking.suspended(job.children().getFirst().children().getLast());

    var lines = shell.errand("tree", "retried").out().lines().toList();

    assertThat(lines.get(1)).matches("└─ ◌ \\S+ picky" + AGE + "waits for attempt 2 of 3");
    assertThat(lines.get(2))
        .matches("   ├─ ✗ \\S+ attempt 1 of 3" + AGE + "failed: IllegalStateException: no");
    assertThat(lines.get(3)).matches("   └─ ◌ \\S+ attempt 2 of 3" + AGE + "waits for callback go");
    assertThat(shell.errand("show", job.id() + ".1.2").out())
        .containsPattern("subtask +attempt 2 of 3\n");
  }

  @Test
  void a_refused_callback_says_why() {
    var job = Asking.clerk(working, "invoice-7");
    job.refuse("approve payment", "nobody is there");

    assertThat(shell.errand("tree", job.id() + ".1").out())
        .matches("✗ \\S+ callback approve payment" + AGE + "refused: nobody is there\n");
  }

  @Test
  void who_waits_for_some_of_many_says_how_many() {
    var job =
        working.submit(
            Agent.named("hurried").build(),
            spec ->
                spec.key("hurried")
                    .code("asked = [callback(name) for name in 'abc']\nwait_any(*asked)"));
    Asking.suspended(job);

    assertThat(shell.errand("show", "hurried").out())
        .containsPattern("status +SUSPENDED, waits for 1 of 3 callbacks\n");
    assertThat(waitsFor("hurried").number("needed")).contains(1L);
    assertThat(waitsFor("hurried").get("handlers"))
        .get()
        .asString()
        .contains("callback=Text[value=b]");
  }

  @Test
  void who_sleeps_says_until_when() {
    var job =
        working.submit(
            Agent.named("sleeper")
                .program(
                    scope -> {
                      scope.sleep(Duration.ofHours(1));
                      return null;
                    })
                .build(),
            spec -> spec.key("sleeper"));
    Asking.suspended(job);

    assertThat(shell.errand("tree", "sleeper").out())
        .matches("◌ \\w+ sleeper" + AGE + "sleeps until \\d{4}-.*\n");
    assertThat(waitsFor("sleeper").text("until")).isPresent();
  }

  @Test
  void a_handler_that_has_something_else_than_its_job_is_shown_beside_it() {
    var job =
        working.submit(
            Agent.named("lead").build(),
            spec ->
                spec.key("lead")
                    .code(
                        """
                        code = "complete_sub_task(result='early'); callback('more').result"
                        h = create_sub_task(create_new_job(agent("main"), warmup_code=code), id="it")
                        exit(h.result)
                        """));
    assertThat(Asking.end(job)).isEqualTo("early");
    Asking.suspended(job.children().getFirst());

    assertThat(shell.errand("tree", "lead").out())
        .contains("waits for callback more; handler COMPLETED: early");
    assertThat(shell.errand("show", job.id() + ".1").out())
        .containsPattern("handler +COMPLETED: early\n");
    var shown = (Json.Object) Json.parse(shell.errand("show", job.id() + ".1", "--json").out());
    assertThat(shown.get("handler"))
        .contains(Json.object("state", "COMPLETED").with("value", "early").with("error", null));
  }

  @Test
  void a_job_that_hears_messages_says_so() {
    Asking.suspended(Asking.listener(working, "patient", "callback('go').result"));

    assertThat(shell.errand("show", "patient").out()).containsPattern("hears +messages");
    assertThat(waitsFor("patient").get("messageEnds")).contains(new Json.Bool(true));
  }

  @Test
  void a_callback_has_no_agent_in_lists() {
    var job = Asking.clerk(working, "invoice-7");

    assertThat(shell.errand("jobs", "--all").out())
        .containsPattern(job.id() + "\\.1 +- +callback approve payment +WAITING");
    var listed = (Json.Array) Json.parse(shell.errand("jobs", "--json").out());
    assertThat(((Json.Object) listed.items().getLast()).members())
        .containsEntry("agent", Json.Null.VALUE)
        .containsEntry("subtask", Json.Null.VALUE)
        .containsEntry("callback", new Json.Text("approve payment"))
        .containsEntry("status", new Json.Text("WAITING"));
  }

  @Test
  void a_tree_whose_root_left_a_callback_open_is_done() {
    var job =
        working.submit(
            Agent.named("careless").build(),
            spec -> spec.key("careless").code("callback('never')\nexit('gone')"));
    assertThat(Asking.end(job)).isEqualTo("gone");

    assertThat(shell.errand("tail", "careless").out()).contains("job_ended");
    assertThat(shell.errand("resume").err()).isEmpty();
  }

  private Json.Object waitsFor(String job) {
    var shown = (Json.Object) Json.parse(shell.errand("show", job, "--json").out());
    return (Json.Object) shown.get("waitsFor").orElseThrow();
  }
}
