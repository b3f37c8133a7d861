package dev.errand.testkit;

import dev.errand.spi.Store;
import java.time.InstantSource;

class MemoryStoreTest extends StoreContract {
  @Override
  protected Store open(InstantSource clock) {
    return new MemoryStore(clock);
  }

  @Override
  protected boolean survivesReopening() {
    return false;
  }
}
