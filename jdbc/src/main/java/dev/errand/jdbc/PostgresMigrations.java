package dev.errand.jdbc;

import dev.errand.job.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;

/// Brings a database to this release's schema, or refuses it; `errand.migration` says how far it
/// has come.
///
/// All tables are in the namespace `errand`. Of several that start together one applies what is
/// missing, and the others wait for it.
final class PostgresMigrations {
  /// In order; a file that was released is never edited.
  private static final List<String> FILES = List.of("V0001__jobs.sql");

  /// Unique violation, duplicate schema, duplicate table, duplicate type.
  private static final Set<String> MADE_BY_ANOTHER = Set.of("23505", "42P06", "42P07", "42710");

  private static final int MOST_TRIES = 10;

  private PostgresMigrations() {}

  /// The scripts of this release.
  static List<String> scripts() {
    return FILES.stream().map(name -> "-- " + name + "\n" + read(name)).toList();
  }

  /// How many files the database lacks.
  static int missing(DataSource source) throws SQLException {
    try (var connection = PostgresSource.connect(source)) {
      return FILES.size() - version(connection);
    }
  }

  static void apply(DataSource source) throws SQLException {
    if (missing(source) == 0) {
      return;
    }
    try (var connection = PostgresSource.connect(source)) {
      prepare(connection);
      connection.setAutoCommit(false);
      try (var statement = connection.createStatement()) {
        statement.execute("select version from errand.migration where version = 0 for update");
        for (int number = version(connection); number < FILES.size(); number++) {
          statement.execute(read(FILES.get(number)));
          statement.execute(
              "insert into errand.migration (version, file) values (%d, '%s')"
                  .formatted(number + 1, FILES.get(number)));
        }
        connection.commit();
      } finally {
        connection.rollback();
        connection.setAutoCommit(true);
      }
    }
  }

  /// Makes the namespace, and the row that who applies scripts locks. Two who do so at a time may
  /// fail for each other; one of the next tries finds all of it there.
  private static void prepare(Connection connection) throws SQLException {
    for (int tries = 1; ; tries++) {
      try (var statement = connection.createStatement()) {
        statement.execute("create schema if not exists errand");
        statement.execute(
            """
            create table if not exists errand.migration (
              version bigint primary key,
              file text not null,
              applied timestamptz not null default now())
            """);
        statement.execute(
            "insert into errand.migration (version, file) values (0, '') on conflict do nothing");
        return;
      } catch (SQLException failed) {
        boolean isRace = MADE_BY_ANOTHER.contains(String.valueOf(failed.getSQLState()));
        if (!isRace || tries == MOST_TRIES) {
          throw failed;
        }
      }
    }
  }

  private static int version(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      try (var there =
          statement.executeQuery("select to_regclass('errand.migration') is not null")) {
        there.next();
        if (!there.getBoolean(1)) {
          return 0;
        }
      }
      try (var last =
          statement.executeQuery("select coalesce(max(version), 0) from errand.migration")) {
        last.next();
        int version = last.getInt(1);
        if (version > FILES.size()) {
          throw new StoreException(
              """
              The database was written by a newer release of Errand (schema %d, this one knows %d). \
              Use that release, or a later one.\
              """
                  .formatted(version, FILES.size()));
        }
        return version;
      }
    }
  }

  private static String read(String name) {
    try (var stream = PostgresMigrations.class.getResourceAsStream("postgres/" + name)) {
      if (stream == null) {
        throw new IllegalStateException("The jar lacks " + name);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
