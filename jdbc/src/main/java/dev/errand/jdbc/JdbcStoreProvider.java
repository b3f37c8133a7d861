package dev.errand.jdbc;

import dev.errand.spi.Store;
import dev.errand.spi.StoreProvider;
import java.nio.file.Path;
import java.time.InstantSource;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// Opens SQLite files and PostgreSQL databases; see [SqliteStore#open].
public final class JdbcStoreProvider implements StoreProvider {
  /// For `java.util.ServiceLoader`.
  public JdbcStoreProvider() {}

  @Override
  public Store open(Path file, InstantSource clock) {
    return SqliteStore.open(file, clock);
  }

  @Override
  public Store open(String url, @Nullable InstantSource clock) {
    return PostgresStore.open(PostgresSource.of(url), clock);
  }

  @Override
  public Store open(DataSource database, @Nullable InstantSource clock) {
    return PostgresStore.open(database, clock);
  }
}
