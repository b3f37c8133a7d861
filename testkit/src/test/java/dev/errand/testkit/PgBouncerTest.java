package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class PgBouncerTest {
  private final String database = PostgresServer.shared().newDatabase();

  @Test
  void a_database_is_reached_by_way_of_it_until_it_is_closed() {
    String url;
    try (var bouncer = PgBouncer.before(database, 1)) {
      url = bouncer.url(database);
      assertThat(url).isNotEqualTo(database);
      assertThat(PostgresServer.ask(url, "SELECT current_database()"))
          .isEqualTo(PostgresServer.ask(database, "SELECT current_database()"));
    }
    assertThatThrownBy(() -> PostgresServer.ask(url, "SELECT 1"))
        .isInstanceOf(UncheckedIOException.class);
    assertThat(PostgresServer.ask(database, "SELECT 1")).containsExactly(List.of("1"));
  }

  @Test
  void one_client_after_the_other_gets_the_same_session() {
    try (var bouncer = PgBouncer.before(database, 1)) {
      var process = PostgresServer.ask(bouncer.url(database), "SELECT pg_backend_pid()");
      assertThat(PostgresServer.ask(bouncer.url(database), "SELECT pg_backend_pid()"))
          .isEqualTo(process);
    }
  }
}
