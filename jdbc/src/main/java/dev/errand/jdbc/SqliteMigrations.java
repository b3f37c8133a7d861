package dev.errand.jdbc;

import dev.errand.job.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;

/// Brings a file to this release's schema, or refuses it; `user_version` says how far it has come.
final class SqliteMigrations {
  /// In order; a file that was released is never edited.
  private static final List<String> FILES =
      List.of(
          "V0001__jobs.sql",
          "V0002__covariables.sql",
          "V0003__effects.sql",
          "V0004__objects.sql",
          "V0005__signals.sql",
          "V0006__stops.sql",
          "V0007__places.sql",
          "V0008__budgets.sql",
          "V0009__memory.sql",
          "V0010__turns.sql",
          "V0011__accounts.sql");

  private SqliteMigrations() {}

  /// The scripts of this release.
  static List<String> scripts() {
    return FILES.stream().map(name -> "-- " + name + "\n" + read(name)).toList();
  }

  /// How many of the last scripts the file lacks.
  ///
  /// @throws StoreException as [#areMissing] does
  static int missing(Path file, Session session) throws SQLException {
    return FILES.size() - version(file, session);
  }

  /// Whether the schema is new or older than this release's.
  ///
  /// @throws StoreException if the file is someone else's, or was written by a newer release
  static boolean areMissing(Path file, Session session) throws SQLException {
    return version(file, session) < FILES.size();
  }

  /// Applies what is missing, if nobody else has done so meanwhile, within the transaction that the
  /// caller has begun.
  ///
  /// @throws StoreException as [#areMissing] does
  static void apply(Path file, Session session) throws SQLException {
    int version = version(file, session);
    if (version < FILES.size()) {
      for (var name : FILES.subList(version, FILES.size())) {
        session.script(read(name));
      }
      session.script("pragma application_id = " + SqliteDatabase.APPLICATION_ID);
      session.script("pragma user_version = " + FILES.size());
    }
  }

  private static int version(Path file, Session session) throws SQLException {
    int version = Integer.parseInt(SqliteDatabase.pragma(session, "pragma user_version"));
    int owner = Integer.parseInt(SqliteDatabase.pragma(session, "pragma application_id"));
    boolean isEmpty =
        SqliteDatabase.pragma(session, "select count(*) from sqlite_schema").equals("0");
    boolean isNew = isEmpty && version == 0 && owner == 0;
    if (!isNew && owner != SqliteDatabase.APPLICATION_ID) {
      throw new StoreException(
          """
          %s is an SQLite file, but not one of Errand's. Name another file; this one was not \
          touched.\
          """
              .formatted(file));
    }
    if (version > FILES.size()) {
      throw new StoreException(
          """
          %s was written by a newer release of Errand (schema %d, this one knows %d). Use that \
          release, or a later one.\
          """
              .formatted(file, version, FILES.size()));
    }
    return version;
  }

  private static String read(String name) {
    try (var stream = SqliteMigrations.class.getResourceAsStream("sqlite/" + name)) {
      if (stream == null) {
        throw new IllegalStateException("The jar lacks " + name);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
