package dev.errand.jdbc;

import dev.errand.spi.Store;
import dev.errand.testkit.SignalsContract;
import java.time.InstantSource;

class PostgresSignalsTest extends SignalsContract {
  private final String url = TestPostgres.emptyDatabase();

  @Override
  protected Store open(InstantSource clock) {
    return TestPostgres.open(url, clock);
  }
}
