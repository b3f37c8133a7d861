package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.JobId;
import dev.errand.testkit.PostgresServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// A store behind PgBouncer in transaction mode, where each transaction has another session, by a
/// url that says nothing of it.
class PgBouncerTest {
  private static final Duration LEASE = Duration.ofMinutes(10);
  private static final int STORES = 3;

  /// More than the driver's five, after which it would have a statement prepared.
  private static final int STEPS = 8;

  private final String url = TestPostgres.bouncer().url(TestPostgres.newDatabase());

  @Test
  void stores_that_share_few_sessions_start_together_and_take_every_step_of_their_jobs()
      throws Exception {
    var start = new CountDownLatch(1);
    try (var threads = Executors.newFixedThreadPool(STORES)) {
      var ending = new ArrayList<Callable<Void>>();
      for (int number = 0; number < STORES; number++) {
        var job = new JobId("job" + number);
        ending.add(
            () -> {
              start.await();
              work(job);
              return null;
            });
      }
      var working = ending.stream().map(threads::submit).toList();
      start.countDown();
      for (var each : working) {
        each.get();
      }
    }
    assertThat(ask(url, "select count(*), count(distinct job) from errand.entry"))
        .containsExactly(List.of(Integer.toString(STORES * (STEPS + 1)), Integer.toString(STORES)));
  }

  /// Whose the claimed job is does not matter: each store works on as many as it has submitted.
  private void work(JobId job) {
    try (var store = TestPostgres.open(url, null)) {
      store.submit(TestJobs.job(job));
      var claim = store.claim("worker", 1, LEASE).getFirst();
      for (int version = 0; version < STEPS; version++) {
        assertThat(store.commit(TestJobs.saying(claim, version, "step")).version())
            .isEqualTo(version + 1);
        assertThat(store.renew(List.of(claim.lease()), LEASE)).hasSize(1);
        assertThat(store.find(claim.lease().job())).isPresent();
      }
    }
  }

  @Test
  @SuppressWarnings("try") // listening is only closed
  void nothing_is_left_behind_in_a_session() throws Exception {
    var looked = new CountDownLatch(2);
    try (var store = TestPostgres.open(url, null);
        var listening = store.listen(looked::countDown)) {
      work(new JobId("job"));
      assertThat(looked.await(1, TimeUnit.MINUTES)).isTrue();
      for (int asked = 0; asked < 2 * TestPostgres.SESSIONS; asked++) {
        assertThat(
                ask(
                    url,
                    """
                    select (select count(*) from pg_listening_channels()),
                      (select count(*) from pg_prepared_statements),
                      current_setting('enable_seqscan'), current_setting('plan_cache_mode'),
                      current_setting('synchronous_commit'),
                      current_setting('idle_in_transaction_session_timeout')
                    """))
            .containsExactly(List.of("0", "0", "on", "auto", "on", "0"));
      }
    }
  }

  private static List<List<@Nullable String>> ask(String url, String sql) {
    return PostgresServer.ask(url, sql);
  }
}
