package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.errand.Job;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Messages to jobs that another Errand works on.
class SayTest extends BesideWorker {
  private static final Duration LONG = Duration.ofMinutes(1);

  @Test
  void a_message_reaches_a_job_that_waits() {
    var job = Asking.suspended(Asking.listener(working, "patient", "callback('go').result"));

    var said = shell.errand("say", "patient", "Never", "mind.");

    assertThat(said.code()).isZero();
    assertThat(said.out()).startsWith("job " + job.id() + " has the message, entry ");
    assertThat(Asking.end(job)).contains("Never mind.");
  }

  @Test
  void a_message_revives_a_job_that_is_done() {
    var job = Asking.listener(working, "done", "");
    assertThat(Asking.end(job)).isEqualTo("I heard: nothing");

    var said = (Json.Object) Json.parse(shell.errand("say", "done", "One more", "--json").out());

    assertThat(said.text("job")).contains(job.id().text());
    assertThat(said.number("sequence")).isPresent();
    await().atMost(LONG).until(() -> ends(job) == 2);
    assertThat(Asking.end(job)).contains("One more");
    var shown = (Json.Object) Json.parse(shell.errand("show", "done", "--json").out());
    assertThat(shown.get("revived")).contains(new Json.Bool(true));
    assertThat(shown.text("status")).contains("DONE");
  }

  private static long ends(Job job) {
    return job.history(0, 1000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.JOB_ENDED)
        .count();
  }

  @Test
  void a_job_that_cannot_hear_refuses_in_a_line() {
    Asking.clerk(working, "deaf");

    var said = shell.errand("say", "deaf", "hello");

    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err()).contains("has no model to read a message").hasLineCount(1);
  }

  @Test
  void a_message_to_nobody_or_without_words_is_wrong_usage() {
    assertThat(shell.errand("say", "nobody", "hello").code()).isEqualTo(2);
    assertThat(shell.errand("say", "nobody").code()).isEqualTo(2);
    assertThat(shell.errand("say", "nobody", " ").err()).contains("the message is blank");
  }
}
