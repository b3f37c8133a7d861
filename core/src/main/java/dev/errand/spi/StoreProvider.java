package dev.errand.spi;

import java.nio.file.Path;
import java.time.InstantSource;

/// Opens a store in a file; found by `java.util.ServiceLoader`, so that `Errand.open(path)` needs
/// no further words.
public interface StoreProvider {
  /// Opens the store in `file`, creating it if there is none.
  ///
  /// @throws dev.errand.job.StoreException if the file cannot be used, saying why and what to do;
  ///   nothing is left half-made
  Store open(Path file, InstantSource clock);
}
