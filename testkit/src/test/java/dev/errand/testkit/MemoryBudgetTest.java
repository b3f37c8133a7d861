package dev.errand.testkit;

import dev.errand.spi.Store;
import java.time.InstantSource;

class MemoryBudgetTest extends BudgetContract {
  @Override
  protected Store open(InstantSource clock) {
    return new MemoryStore(clock);
  }
}
