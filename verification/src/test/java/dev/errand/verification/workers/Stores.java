package dev.errand.verification.workers;

import dev.errand.spi.Store;
import dev.errand.spi.StoreProvider;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ServiceLoader;

/// Opens stores by what the command line calls them.
final class Stores {
  private Stores() {}

  /// The store of that JDBC url, whose time is the database's, or in that file.
  static Store open(String store) {
    var provider = ServiceLoader.load(StoreProvider.class).findFirst().orElseThrow();
    return store.startsWith("jdbc:")
        ? provider.open(store, null)
        : provider.open(Path.of(store), InstantSource.system());
  }
}
