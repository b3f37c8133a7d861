package dev.errand.jdbc;

import dev.errand.job.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;

/// Brings a database to this release's schema, or refuses it; `errand.migration` says how far it
/// has come.
///
/// All tables are in the namespace `errand`. Of several that start together one applies what is
/// missing, and the others wait for it.
final class PostgresMigrations {
  /// In order; a file that was released is never edited.
  private static final List<String> FILES = List.of("V0001__jobs.sql");

  /// The lock under which tables are made: any number that nobody else draws.
  private static final long LOCK = 0x45525244L;

  private PostgresMigrations() {}

  /// The scripts of this release.
  static List<String> scripts() {
    return FILES.stream().map(name -> "-- " + name + "\n" + read(name)).toList();
  }

  /// How many files the database lacks.
  static int missing(DataSource source) throws SQLException {
    try (var connection = source.getConnection()) {
      return FILES.size() - version(connection);
    }
  }

  static void apply(DataSource source) throws SQLException {
    if (missing(source) == 0) {
      return;
    }
    try (var connection = source.getConnection()) {
      connection.setAutoCommit(false);
      try (var statement = connection.createStatement()) {
        statement.execute("select pg_advisory_xact_lock(%d)".formatted(LOCK));
        int version = version(connection);
        if (version == 0) {
          statement.execute("create schema if not exists errand");
          statement.execute(
              """
              create table if not exists errand.migration (
                version bigint primary key,
                file text not null,
                applied timestamptz not null default now())
              """);
        }
        for (int number = version; number < FILES.size(); number++) {
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
