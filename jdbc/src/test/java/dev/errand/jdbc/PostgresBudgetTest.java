package dev.errand.jdbc;

import dev.errand.spi.Store;
import dev.errand.testkit.BudgetContract;
import java.time.InstantSource;

class PostgresBudgetTest extends BudgetContract {
  private final String url = TestPostgres.emptyDatabase();

  @Override
  protected Store open(InstantSource clock) {
    return TestPostgres.open(url, clock);
  }
}
