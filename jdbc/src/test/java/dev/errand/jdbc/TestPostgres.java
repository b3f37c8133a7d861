package dev.errand.jdbc;

import dev.errand.testkit.PgBouncer;
import dev.errand.testkit.PostgresServer;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// The PostgreSQL of tests that do not end it: what it is told to keep need not survive the
/// machine.
final class TestPostgres {
  private static final PostgresServer SERVER =
      System.getenv(PostgresServer.ELSEWHERE) == null
          ? PostgresServer.settings().fsync(false).start()
          : PostgresServer.shared();

  /// How many sessions PgBouncer has of each database.
  static final int SESSIONS = 3;

  private static @Nullable String emptied;

  private TestPostgres() {}

  static PostgresServer server() {
    return SERVER;
  }

  /// A PgBouncer before the server, which ends with this JVM as the server does.
  static PgBouncer bouncer() {
    return Bouncer.BOUNCER;
  }

  private static final class Bouncer {
    static final PgBouncer BOUNCER = PgBouncer.before(SERVER.url("postgres"), SESSIONS);
  }

  /// The url of a database that nobody else has.
  static String newDatabase() {
    return SERVER.newDatabase();
  }

  /// The url of a database that only one test at a time has, with nothing stored in it: to empty
  /// one is quicker than to make one.
  static synchronized String emptyDatabase() {
    if (emptied == null) {
      emptied = newDatabase();
    } else {
      PostgresServer.ask(
          emptied,
          """
          do $$ begin
            if to_regclass('errand.job') is not null then
              execute (select 'truncate ' || string_agg('errand.' || tablename, ', ')
                || ' restart identity'
                from pg_tables where schemaname = 'errand' and tablename <> 'migration');
            end if;
          end $$
          """);
    }
    return emptied;
  }

  static PostgresStore open(String url, @Nullable InstantSource clock) {
    return PostgresStore.open(PostgresSource.of(url), clock);
  }
}
