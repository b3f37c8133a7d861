package dev.errand.jdbc;

import dev.errand.spi.Store;
import dev.errand.testkit.MemoryContract;
import java.time.InstantSource;

class PostgresMemoryTest extends MemoryContract {
  private final String url = TestPostgres.emptyDatabase();

  @Override
  protected Store open(InstantSource clock) {
    return TestPostgres.open(url, clock);
  }
}
