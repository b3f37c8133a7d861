package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.StoreException;
import dev.errand.testkit.PostgresServer;
import dev.errand.testkit.TcpProxy;
import dev.errand.testkit.TcpProxy.Side;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What becomes of a transaction whose connection is lost: it is made once, and its caller hears of
/// it.
class LostAnswersTest {
  private static final Duration LEASE = Duration.ofMinutes(10);
  private static final JobId ROOT = new JobId("tree");

  private final TcpProxy proxy = TcpProxy.to(TestPostgres.server().host(), port());
  private PostgresStore store;

  /// Where the server is reached.
  int port() {
    return TestPostgres.server().port();
  }

  @BeforeEach
  void open() {
    // Statements that are prepared on the server are sent by number, and could not be found.
    var url = PostgresServer.through(proxy.port(), TestPostgres.newDatabase());
    store = TestPostgres.open(url + "&prepareThreshold=0", null);
  }

  @AfterEach
  void close() {
    store.close();
    proxy.close();
  }

  @Test
  void a_job_whose_commit_was_not_answered_is_submitted_once() throws Exception {
    var trap = proxy.cutInsteadOfAnswerTo("commit");
    assertThat(store.submit(TestJobs.job(ROOT))).isEqualTo(ROOT);

    assertThat(trap.isOff()).isTrue();
    assertThat(store.history(ROOT, 0, 10))
        .extracting(Entry::kind)
        .containsExactly(Entry.Kind.JOB_CREATED);
  }

  @Test
  void a_job_whose_commit_never_came_is_submitted_once() throws Exception {
    var trap = proxy.cutBefore(Side.CLIENT, "commit");
    assertThat(store.submit(TestJobs.job(ROOT))).isEqualTo(ROOT);

    assertThat(trap.isOff()).isTrue();
    assertThat(store.history(ROOT, 0, 10)).hasSize(1);
  }

  @Test
  void steps_whose_answers_are_lost_one_after_the_other_are_applied_once_each() throws Exception {
    store.submit(TestJobs.job(ROOT));
    var claim = store.claim("worker", 1, LEASE).getFirst();
    for (int version = 0; version < 6; version++) {
      var trap =
          version % 2 == 0
              ? proxy.cutInsteadOfAnswerTo("commit")
              : proxy.cutBefore(Side.CLIENT, "commit");
      var receipt = store.commit(TestJobs.saying(claim, version, "step " + version));
      assertThat(trap.isOff()).isTrue();
      assertThat(receipt.version()).isEqualTo(version + 1);
    }
    assertThat(store.history(ROOT, 1, 100))
        .extracting(entry -> entry.sequence())
        .containsExactly(2L, 3L, 4L, 5L, 6L, 7L);
  }

  @Test
  void a_question_whose_answer_is_lost_is_asked_again() {
    store.submit(TestJobs.job(ROOT));
    assertThat(store.find(ROOT)).isPresent();
    proxy.cut();
    assertThat(store.find(ROOT)).isPresent();
    assertThat(store.claim("worker", 1, LEASE)).hasSize(1);
  }

  @Test
  void a_store_that_was_closed_says_so_on_every_thread() throws Exception {
    store.close();
    var here = new AtomicReference<Throwable>();
    Thread.ofVirtual().start(() -> here.set(catchThrowable(() -> store.find(ROOT)))).join();

    assertThat(here.get()).isInstanceOf(StoreException.class).hasMessageContaining("closed");
    assertThat(catchThrowable(() -> store.find(ROOT))).hasMessageContaining("closed");
    assertThat(catchThrowable(() -> store.submit(TestJobs.job(ROOT))))
        .hasMessageContaining("closed");
  }

  /// Jobs' threads are virtual, and are interrupted when their job is to end.
  @Test
  void an_interrupted_thread_breaks_no_connection_and_stays_interrupted() throws Exception {
    int before = proxy.seen();
    var seen = new AtomicReference<Boolean>();
    var done = new CountDownLatch(1);
    Thread.ofVirtual()
        .start(
            () -> {
              Thread.currentThread().interrupt();
              store.submit(TestJobs.job(ROOT));
              store.find(ROOT);
              seen.set(Thread.currentThread().isInterrupted());
              done.countDown();
            });
    done.await();

    assertThat(seen.get()).isTrue();
    assertThat(store.find(ROOT)).isPresent();
    // At most the connections that are opened when they are first needed.
    assertThat(proxy.seen() - before).isLessThan(5);
  }
}
