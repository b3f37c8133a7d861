package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.JobId;
import dev.errand.spi.Step;
import dev.errand.spi.Store;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What another process, or another opening of the store, is told of at once.
class PostgresNewsTest {
  private static final Duration LEASE = Duration.ofMinutes(10);
  private static final JobId ROOT = new JobId("root");

  private final String url = TestPostgres.newDatabase();
  private final Semaphore heard = new Semaphore(0);
  private PostgresStore one = TestPostgres.open(url, null);
  private PostgresStore other = TestPostgres.open(url, null);
  private Store.Listening listening = () -> {};

  /// What is rung before the other listens is not heard.
  @BeforeEach
  void listen() throws InterruptedException {
    listening = other.listen(heard::release);
    int submitted = 0;
    do {
      one.submit(TestJobs.job(new JobId("first" + submitted++)));
      assertThat(submitted).isLessThan(100);
    } while (!heard.tryAcquire(1, TimeUnit.SECONDS));
  }

  @AfterEach
  void close() {
    listening.close();
    one.close();
    other.close();
  }

  private void awaitNews() throws InterruptedException {
    assertThat(heard.tryAcquire(1, TimeUnit.MINUTES)).isTrue();
  }

  @Test
  void a_job_that_was_submitted_is_heard_of() throws InterruptedException {
    one.submit(TestJobs.job(ROOT));

    awaitNews();
    assertThat(other.claim("other", 10, LEASE)).isNotEmpty();
  }

  @Test
  void the_end_of_a_root_is_heard_of_by_whoever_may_wait_for_it() throws InterruptedException {
    var claim = one.claim("one", 1, LEASE).getFirst();
    heard.drainPermits();
    one.commit(TestJobs.ending(claim));

    awaitNews();
    assertThat(other.find(claim.job().id()).orElseThrow().status().name()).isEqualTo("DONE");
  }

  @Test
  void what_a_step_takes_is_nothing_for_others() {
    var claim = one.claim("one", 100, LEASE).getFirst(); // of all that #listen submitted
    var step = TestJobs.delegatingAndAwaitingOne(claim, claim.job().id().child(1));
    var receipt = one.commit(step.taking(new Step.Taking(1, LEASE)));

    assertThat(receipt.taken()).hasSize(1);
    assertThat(receipt.due()).isFalse();
    assertThat(other.claim("other", 10, LEASE)).isEmpty();
  }
}
