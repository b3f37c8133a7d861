package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.JobSpec;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.SubTaskSpec;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Outcome;
import dev.errand.job.UnknownTurnException;
import dev.errand.job.Usage;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How jobs go on that were forked from others.
class ForkedJobTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir private Path directory;
  private final List<List<String>> asked = new ArrayList<>();
  private Errand errand;

  @BeforeEach
  void open() {
    var store = SqliteStore.open(directory.resolve("jobs.db"), InstantSource.system());
    errand = Errand.builder().store(store).runtime(new Notebook()).open();
    errand.worker().start();
  }

  @AfterEach
  void close() {
    errand.close();
  }

  @Test
  void a_fork_of_a_models_job_goes_on_with_the_conversation() throws InterruptedException {
    var job = done(speaker(code("put 1 a"), code("put 1 b"), code("show"), "done"));
    asked.clear();

    var fork = job.fork(0);

    assertThat(fork.await(LONG).value(String.class)).isEqualTo("done");
    assertThat(asked.getFirst()).contains(code("put 1 a")).doesNotContain(code("put 1 b"));
    assertThat(texts(fork, Entry.Kind.REPLY)).isEqualTo(texts(job, Entry.Kind.REPLY));
    assertThat(fork.record().usage().calls()).isEqualTo(3);
    assertThat(fork.variables(0).getFirst().preview()).isEqualTo("a");
    assertThat(job.record().usage().calls()).isEqualTo(4);
  }

  @Test
  void a_fork_in_which_no_block_is_left_ends() throws InterruptedException {
    var job = errand.submit(Agent.named("noter").build(), spec -> spec.code("put 1 a"));
    job.await(LONG);

    var fork = job.fork(0, new JobId("again"));

    assertThat(fork.id().text()).isEqualTo("again");
    assertThat(fork.await(LONG)).isInstanceOf(Outcome.Succeeded.class);
    assertThat(fork.variables()).isEqualTo(job.variables());
    assertThat(fork.history(0, 10))
        .extracting(Entry::kind)
        .containsExactly(Entry.Kind.JOB_CREATED, Entry.Kind.JOB_ENDED);
  }

  @Test
  void a_fork_reads_handlers_of_the_tree_it_comes_from() throws InterruptedException {
    var child = delegated(() -> {});
    var job = errand.submit(Agent.named("noter").build(), awaiting(child));
    job.await(LONG);

    var fork = job.fork(0);

    fork.await(LONG);
    assertThat(texts(fork, Entry.Kind.CONSOLE)).startsWith("COMPLETED").contains("delivered");
  }

  @Test
  void a_fork_awaits_handlers_of_the_tree_it_comes_from() throws InterruptedException {
    var release = new CountDownLatch(1);
    var child = delegated(release::await);
    var job = errand.submit(Agent.named("noter").build(), awaiting(child));
    untilSuspended(job);

    var fork = job.fork(0);
    untilSuspended(fork);
    release.countDown();

    fork.await(LONG);
    assertThat(texts(fork, Entry.Kind.CONSOLE)).startsWith("COMPLETED").contains("delivered");
  }

  @Test
  void a_turn_that_is_not_over_is_refused() throws InterruptedException {
    var job = errand.submit(Agent.named("noter").build(), spec -> spec.code("put 1 a"));
    job.await(LONG);

    assertThatThrownBy(() -> job.fork(1))
        .isInstanceOf(UnknownTurnException.class)
        .hasMessage("Turn 1 of job " + job.id() + " is not over; the last one that is is 0.");
  }

  private Job done(Agent agent) throws InterruptedException {
    var job = errand.submit(agent);
    job.await(LONG);
    return job;
  }

  /// Says these replies in their order.
  private Agent speaker(String... replies) {
    Model model =
        request -> {
          var texts = request.messages().stream().map(Model.Message::text).toList();
          asked.add(texts);
          int said = (int) texts.stream().filter(List.of(replies)::contains).count();
          return new Model.Reply(replies[said], new Usage(1, 0, 0, 0));
        };
    return Agent.named("speaker").model(model).build();
  }

  private static String code(String line) {
    return "```python\n" + line + "\n```";
  }

  private static UnaryOperator<JobSpec> awaiting(JobId child) {
    return spec -> spec.code("put 1 a").code("await " + child);
  }

  /// The child of a tree, which delivers something after some work.
  private JobId delegated(Work work) throws InterruptedException {
    errand.register(
        Agent.named("deliverer")
            .program(
                job -> {
                  work.go();
                  return "delivered";
                })
            .build());
    var parent =
        errand.submit(
            Agent.named("parent")
                .program(job -> job.start(SubTaskSpec.of("deliverer")).result(String.class))
                .build());
    while (parent.children().isEmpty()) {
      errand.awaitChange(Duration.ofMillis(50));
    }
    return parent.children().getFirst().id();
  }

  private interface Work {
    void go() throws InterruptedException;
  }

  private void untilSuspended(Job job) throws InterruptedException {
    while (job.record().status() != JobStatus.SUSPENDED) {
      errand.awaitChange(Duration.ofMillis(50));
    }
  }

  private static String texts(Job job, Entry.Kind kind) {
    return job.history(0, 100).stream()
        .filter(entry -> entry.kind() == kind)
        .map(entry -> entry.data().text("text").orElseThrow())
        .collect(Collectors.joining("|"));
  }
}
