package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.JobId;
import dev.errand.job.Outcome;
import dev.errand.testkit.PostgresServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What PostgreSQL makes of our statements once it knows how large the tables are.
class PostgresPlansTest {
  private static final Duration LEASE = Duration.ofMinutes(10);

  private final String url = TestPostgres.newDatabase();

  /// With few rows, too: of a statement that was asked some times PostgreSQL keeps the plan, also
  /// when the tables have grown.
  @ParameterizedTest
  @ValueSource(ints = {40, 1_500})
  void what_is_asked_all_the_time_reads_no_table_from_end_to_end(int jobs) {
    try (var store = TestPostgres.open(url, null)) {
      for (int number = 0; number < jobs; number++) {
        store.submit(TestJobs.job(new JobId("job" + number)));
      }
    }
    PostgresServer.ask(url, "analyze");
    // What a server process has counted is there for all when it ends.
    var before = scans();
    try (var store = TestPostgres.open(url, null)) {
      work(store);
    }
    assertThat(scans()).isEqualTo(before);
  }

  private static void work(PostgresStore store) {
    for (var claim : store.claim("worker", 20, LEASE)) {
      store.renew(List.of(claim.lease()), LEASE);
      store.commit(TestJobs.saying(claim, 0, "hello"));
      var children = new JobId[] {claim.job().id().child(1), claim.job().id().child(2)};
      store.history(claim.job().id(), 0, 10);
      store.checkpoint(claim.job().id());
      store.stop(claim.job().id(), new Outcome.Cancelled("enough"), Duration.ZERO);
      store.find(List.of(children));
    }
    for (var claim : store.claim("worker", 20, LEASE)) {
      store.commit(TestJobs.delegatingAndAwaitingOne(claim, claim.job().id().child(1)));
      store.children(claim.job().id(), 0, 10);
      store.waiting(claim.job().id());
    }
    for (var claim : store.claim("worker", 20, LEASE)) {
      store.commit(TestJobs.ending(claim));
    }
    store.sweep(100, Duration.ZERO);
    store.nextDue();
    store.busy();
    store.callbacks(null, null, 10);
  }

  /// How often each of the tables that grow was read from end to end.
  private Map<String, String> scans() {
    var scans = new TreeMap<String, String>();
    for (var row :
        PostgresServer.ask(
            url,
            """
            select relname, seq_scan from pg_stat_user_tables where schemaname = 'errand'
              and relname in ('job', 'entry', 'tree', 'account', 'definition', 'effect')
            """)) {
      scans.put(String.valueOf(row.get(0)), String.valueOf(row.get(1)));
    }
    return scans;
  }
}
