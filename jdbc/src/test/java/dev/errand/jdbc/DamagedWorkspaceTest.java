package dev.errand.jdbc;

import static dev.errand.jdbc.Notebook.code;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.job.Blob;
import dev.errand.job.Delta;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.spi.Change;
import dev.errand.spi.Step;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What becomes of a job whose stored variables are not what was stored.
class DamagedWorkspaceTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final String PIECE_OF_TURN_1 =
      "(select address from piece where job = 'bad' and number = 2 and until > 1)";

  @TempDir private Path directory;
  private SqliteStore store;
  private Errand errand;

  @BeforeEach
  void open() {
    store = SqliteStore.open(directory.resolve("jobs.db"), InstantSource.system());
    errand = Errand.builder().store(store).runtime(new Notebook()).open();
    afterTwoTurns("bad");
  }

  @AfterEach
  void close() {
    errand.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "update chunk set content = x'00' where address = " + PIECE_OF_TURN_1,
        "delete from chunk where address = " + PIECE_OF_TURN_1,
        "update piece set address = 'elsewhere' where job = 'bad' and number = 2 and until > 1",
        "delete from piece where job = 'bad' and number = 2 and until > 1",
        "update covariable set head = x'00' where job = 'bad' and number = 2 and until > 1"
      })
  void a_damaged_job_names_what_is_damaged_and_where_to_go_on(String damage) {
    tamper(damage);
    errand.worker().start();

    assertThat(notice("bad"))
        .contains("What is stored of job bad is damaged: the content of x2 is missing or changed.")
        .contains("The last turn that left it whole is 0: errand fork bad --at 0 goes on");
    assertThat(errand.job("bad").outcome()).isEmpty();
  }

  @Test
  void the_worker_and_its_other_jobs_go_on() throws InterruptedException {
    tamper("delete from chunk where address = " + PIECE_OF_TURN_1);
    errand.worker().start();
    notice("bad");
    afterTwoTurns("good");

    assertThat(errand.job("good").await(LONG)).isInstanceOf(Outcome.Succeeded.class);
    assertThat(console(errand.job("good"))).isEqualTo("{1=one, 2=new}");
  }

  @Test
  void a_fork_at_the_turn_offered_goes_on() throws InterruptedException {
    tamper("delete from chunk where address = " + PIECE_OF_TURN_1);
    errand.worker().start();

    var fork = errand.job("bad").fork(0);

    assertThat(fork.await(LONG)).isInstanceOf(Outcome.Succeeded.class);
    assertThat(console(fork)).isEqualTo("{1=one, 2=new}");
  }

  @Test
  void the_turns_whose_state_has_the_damage_too_are_not_offered() {
    tamper("update chunk set content = x'00'");
    errand.worker().start();

    assertThat(notice("bad"))
        .contains("What it began with is whole: errand fork bad --at -1 begins again.");
  }

  @Test
  void where_no_whole_state_is_kept_the_job_is_to_be_submitted_anew() {
    store.forget(new JobId("bad"), 1);
    tamper("delete from chunk where address = " + PIECE_OF_TURN_1);
    errand.worker().start();

    assertThat(notice("bad")).contains("No earlier turn is kept that left it whole");
  }

  /// A job that stands before its third block, which shows what the first two left.
  private void afterTwoTurns(String id) {
    var agent = Agent.named("noter").build().spec();
    var definition =
        JobDefinition.of(agent, code("put 1 one", "put 2 old"), code("put 2 new"), code("show"));
    store.submit(new NewJob(new JobId(id), null, definition, "asked", null, null));
    var claim = store.claim("preparing", 1, Duration.ofHours(1)).getFirst();
    store.commit(
        new Step(
            claim.lease(),
            claim.version(),
            JobStatus.WARMING_UP,
            Progress.after(1),
            List.of(
                left(0, Notebook.put(1, "one"), "one"),
                left(0, Notebook.put(2, "old"), "old"),
                left(1, Notebook.put(2, "new"), "new")),
            new Step.Next.Yield(Instant.EPOCH)));
  }

  private static Change left(int turn, Delta.Put put, String text) {
    Blob piece = Notebook.blob(text);
    return new Change.Checkpointed(
        new Delta(turn, List.of(put), List.of(), Map.of(piece.address(), piece)));
  }

  private void tamper(String statement) {
    store.onWriter(transaction -> transaction.sql(statement).update());
  }

  private String notice(String id) {
    return await()
        .atMost(LONG)
        .until(() -> texts(errand.job(id), Entry.Kind.NOTICE), text -> !text.isEmpty());
  }

  private static String console(Job job) {
    return texts(job, Entry.Kind.CONSOLE);
  }

  private static String texts(Job job, Entry.Kind kind) {
    return job.history(0, 100).stream()
        .filter(entry -> entry.kind() == kind)
        .map(entry -> entry.data().text("text").orElseThrow())
        .collect(Collectors.joining());
  }
}
