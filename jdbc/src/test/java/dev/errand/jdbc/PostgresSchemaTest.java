package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.JobId;
import dev.errand.job.StoreException;
import dev.errand.testkit.PostgresServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The tables of a store in PostgreSQL.
class PostgresSchemaTest {
  private final String url = TestPostgres.newDatabase();

  @Test
  void many_that_start_together_make_the_tables_once() throws Exception {
    var start = new CountDownLatch(1);
    var opening = new ArrayList<Callable<PostgresStore>>();
    for (int number = 0; number < 8; number++) {
      opening.add(
          () -> {
            start.await();
            return TestPostgres.open(url, null);
          });
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var stores = opening.stream().map(threads::submit).toList();
      start.countDown();
      for (var store : stores) {
        store.get().close();
      }
    }
    assertThat(ask("select version, file from errand.migration order by version"))
        .containsExactly(List.of("0", ""), List.of("1", "V0001__jobs.sql"));
  }

  @Test
  void all_tables_are_in_a_namespace_of_their_own() {
    TestPostgres.open(url, null).close();
    assertThat(
            ask(
                "select distinct schemaname from pg_tables where schemaname not in ('pg_catalog',"
                    + " 'information_schema')"))
        .containsExactly(List.of("errand"));
  }

  @Test
  void the_schema_says_what_is_missing_and_applies_it_once() {
    var schema = Schema.of(url);
    assertThat(schema.missing()).isEqualTo(schema.scripts().size()).isPositive();
    assertThat(schema.apply()).isEqualTo(schema.scripts().size());
    assertThat(schema.missing()).isZero();
    assertThat(schema.apply()).isZero();
    assertThat(schema.scripts().getFirst()).contains("create table errand.job");
  }

  @Test
  void a_store_that_was_opened_before_has_what_was_stored() {
    try (var store = TestPostgres.open(url, null)) {
      store.submit(TestJobs.job(new JobId("kept")));
    }
    try (var store = TestPostgres.open(url, null)) {
      assertThat(store.find(new JobId("kept"))).isPresent();
    }
  }

  @Test
  void the_tables_of_a_newer_release_are_left_alone() {
    Schema.of(url).apply();
    ask("insert into errand.migration (version, file) values (99, 'V0099__later.sql')");
    assertThatThrownBy(() -> TestPostgres.open(url, null))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("newer release")
        .hasMessageContaining("99");
  }

  @Test
  void what_cannot_be_reached_says_so_without_the_password() {
    var nowhere = "jdbc:postgresql://127.0.0.1:1/none?user=me&password=secret-word";
    assertThatThrownBy(() -> TestPostgres.open(nowhere, null))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("cannot be reached")
        .hasMessageNotContaining("secret-word");
    assertThatThrownBy(() -> Schema.of("jdbc:mysql://here/db?password=secret-word"))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("jdbc:postgresql://")
        .hasMessageNotContaining("secret-word");
  }

  private List<List<@Nullable String>> ask(String sql) {
    return PostgresServer.ask(url, sql);
  }
}
