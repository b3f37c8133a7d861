package dev.errand.testkit;

import dev.errand.spi.Store;
import java.time.InstantSource;

class MemoryCardsTest extends MemoryContract {
  @Override
  protected Store open(InstantSource clock) {
    return new MemoryStore(clock);
  }
}
