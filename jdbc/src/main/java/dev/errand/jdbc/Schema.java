package dev.errand.jdbc;

import dev.errand.job.StoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// The tables of a store, as numbered scripts of SQL: what this release has, what a store lacks,
/// and how it gets it.
///
/// Opening a store applies what is missing; this is for those who let nobody but themselves do so.
/// Thread-safe; several who apply at a time do it once.
public final class Schema {
  private final @Nullable Path file;
  private final @Nullable DataSource database;

  private Schema(@Nullable Path file, @Nullable DataSource database) {
    this.file = file;
    this.database = database;
  }

  /// That of the store in an SQLite file, which need not exist.
  public static Schema of(Path file) {
    return new Schema(file, null);
  }

  /// That of the store in a PostgreSQL database.
  public static Schema of(DataSource database) {
    return new Schema(null, database);
  }

  /// That of the store in the database at a JDBC URL, `jdbc:postgresql://…`.
  ///
  /// @throws StoreException if it is no such URL
  public static Schema of(String url) {
    return of(PostgresSource.of(url));
  }

  /// The scripts of this release, in order: each has its name in a comment, and its SQL. Needs no
  /// database.
  public List<String> scripts() {
    return database == null ? SqliteMigrations.scripts() : PostgresMigrations.scripts();
  }

  /// How many of the last scripts the store lacks; 0 if its tables are those of this release.
  ///
  /// @throws StoreException if the store cannot be reached, belongs to somebody else, or was
  ///   written by a newer release
  public int missing() {
    if (database != null) {
      try {
        return PostgresMigrations.missing(database);
      } catch (SQLException failed) {
        throw PostgresTrouble.with(failed);
      }
    }
    var path = Objects.requireNonNull(file);
    return Files.exists(path) ? SqliteDatabase.missing(path) : scripts().size();
  }

  /// Applies what is missing, each script whole or not at all.
  ///
  /// @return how many scripts were
  /// @throws StoreException as [#missing] does, or if the user may not make tables
  public int apply() {
    int missing = missing();
    if (missing > 0 && database != null) {
      try {
        PostgresMigrations.apply(database);
      } catch (SQLException failed) {
        throw PostgresTrouble.with(failed);
      }
    } else if (missing > 0) {
      SqliteStore.open(Objects.requireNonNull(file), () -> Instant.EPOCH).close();
    }
    return missing;
  }
}
