package dev.errand.testkit;

import dev.errand.spi.Store;
import java.time.InstantSource;

class MemorySignalsTest extends SignalsContract {
  @Override
  protected Store open(InstantSource clock) {
    return new MemoryStore(clock);
  }
}
