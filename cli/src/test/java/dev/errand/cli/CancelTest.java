package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.errand.job.Json;
import dev.errand.job.Outcome;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Jobs that are cancelled by a command, while another Errand works on them.
class CancelTest extends BesideWorker {
  private static final Duration LONG = Duration.ofMinutes(1);

  @Test
  void a_job_ends_with_all_below_it() throws Exception {
    var job = Asking.editor(working, "editor");

    var said = shell.errand("cancel", "editor", "--reason", "enough");

    assertThat(said.code()).isZero();
    assertThat(said.out()).isEqualTo("job " + job.id() + ": 5 jobs end now\n");
    assertThat(job.await(LONG)).isEqualTo(new Outcome.Cancelled("enough"));
    assertThat(shell.errand("tree", "editor").out()).contains("cancelled: enough");
    assertThat(shell.errand("cancel", "editor").out()).contains("have ended");
  }

  @Test
  void code_that_another_process_runs_is_stopped() throws Exception {
    var job = Asking.listener(working, "busy", "print('in')\nwhile True: pass");
    await()
        .atMost(LONG)
        .until(() -> job.history(0, 100).stream().anyMatch(entry -> entry.turn() == 0));

    var said = (Json.Object) Json.parse(shell.errand("cancel", "busy", "--kill", "--json").out());

    assertThat(said.number("stopping")).contains(1L);
    assertThat(job.await(LONG)).isInstanceOf(Outcome.Cancelled.class);
  }

  @Test
  void a_model_is_asked_for_a_last_turn() throws Exception {
    var job = Asking.suspended(Asking.listener(working, "ear", "callback('go').result"));

    assertThat(shell.errand("cancel", "ear", "--ask").code()).isZero();

    assertThat(job.await(LONG))
        .isInstanceOfSatisfying(
            Outcome.Cancelled.class,
            cancelled -> assertThat(cancelled.partial().text()).contains("You are asked to stop"));
  }

  @Test
  void who_works_on_a_store_does_not_leave_before_all_has_ended_that_is_to() {
    shell
        .file("job.py", "")
        .file(
            "model.yaml",
            """
            replies:
              - "```python\\ndelegate(lambda: callback('go').result).result\\n```"
              - "I have nothing."
            """);
    shell.errand(
        "run", "job.py", "--id", "asked", "--model", "scripted:model.yaml", "--store", "own.db");
    shell.errand("cancel", "asked", "--ask", "--store", "own.db");
    shell.errand("resume", "--store", "own.db");

    assertThat(shell.errand("tree", "asked", "--store", "own.db").out().lines())
        .hasSize(3)
        .allMatch(line -> line.contains("cancelled: by errand cancel"));
  }

  @Test
  void what_cannot_be_cancelled_is_wrong_usage() {
    assertThat(shell.errand("cancel", "nobody").code()).isEqualTo(2);
    assertThat(shell.errand("cancel", "nobody", "--ask", "--kill").code()).isEqualTo(2);
  }
}
