package dev.errand.jdbc;

import dev.errand.spi.Store;
import dev.errand.testkit.StoreContract;
import java.time.InstantSource;

class PostgresStoreTest extends StoreContract {
  private final String url = TestPostgres.emptyDatabase();

  @Override
  protected Store open(InstantSource clock) {
    return TestPostgres.open(url, clock);
  }
}
