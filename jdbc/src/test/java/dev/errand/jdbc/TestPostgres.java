package dev.errand.jdbc;

import dev.errand.testkit.PostgresServer;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// The PostgreSQL of tests that do not end it: what it is told to keep need not survive the machine.
final class TestPostgres {
  private static final PostgresServer SERVER =
      System.getenv(PostgresServer.ELSEWHERE) == null
          ? PostgresServer.settings().fsync(false).start()
          : PostgresServer.shared();

  private TestPostgres() {}

  static PostgresServer server() {
    return SERVER;
  }

  /// The url of a database that nobody else has.
  static String newDatabase() {
    return SERVER.newDatabase();
  }

  static PostgresStore open(String url, @Nullable InstantSource clock) {
    return PostgresStore.open(PostgresSource.of(url), clock);
  }
}
