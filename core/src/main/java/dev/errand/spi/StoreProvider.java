package dev.errand.spi;

import java.nio.file.Path;
import java.time.InstantSource;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// Opens stores; found by `java.util.ServiceLoader`, so that `Errand.open(…)` needs no further
/// words.
///
/// Every method throws [dev.errand.job.StoreException] if the store cannot be used, saying why and
/// what to do; nothing is left half-made.
public interface StoreProvider {
  /// Opens the store in `file`, creating it if there is none.
  ///
  /// @param clock tells what is due
  Store open(Path file, InstantSource clock);

  /// Opens the store in the database at a JDBC URL, whose connections are the store's own.
  ///
  /// @param clock tells what is due; null for the database's, which is the same for all workers
  Store open(String url, @Nullable InstantSource clock);

  /// Opens the store in the database that `database` connects to; it is not closed with the store.
  ///
  /// @param clock tells what is due; null for the database's, which is the same for all workers
  Store open(DataSource database, @Nullable InstantSource clock);
}
