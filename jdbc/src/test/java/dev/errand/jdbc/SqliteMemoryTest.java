package dev.errand.jdbc;

import dev.errand.spi.Store;
import dev.errand.testkit.MemoryContract;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.io.TempDir;

class SqliteMemoryTest extends MemoryContract {
  @TempDir private Path directory;

  @Override
  protected Store open(InstantSource clock) {
    return SqliteStore.open(directory.resolve("jobs.db"), clock);
  }
}
