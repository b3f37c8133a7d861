package dev.errand.jdbc;

import dev.errand.spi.Store;
import dev.errand.spi.StoreProvider;
import java.nio.file.Path;
import java.time.InstantSource;

/// Opens SQLite stores; see [SqliteStore#open].
public final class SqliteStoreProvider implements StoreProvider {
  /// For `java.util.ServiceLoader`.
  public SqliteStoreProvider() {}

  @Override
  public Store open(Path file, InstantSource clock) {
    return SqliteStore.open(file, clock);
  }
}
