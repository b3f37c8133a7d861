package dev.errand.jdbc;

import dev.errand.spi.Store;
import dev.errand.testkit.SignalsContract;
import java.time.InstantSource;

/// Stands for all contracts, of which it is neither the longest nor the shortest.
class PgBouncerSignalsTest extends SignalsContract {
  private final String url = TestPostgres.bouncer().url(TestPostgres.emptyDatabase());

  @Override
  protected Store open(InstantSource clock) {
    return TestPostgres.open(url, clock);
  }
}
