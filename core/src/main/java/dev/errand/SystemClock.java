package dev.errand;

import java.time.Instant;
import java.time.InstantSource;

/// The machine's clock: the one place that reads it.
final class SystemClock implements InstantSource {
  static final InstantSource INSTANCE = new SystemClock();

  private SystemClock() {}

  @Override
  public Instant instant() {
    return Instant.now();
  }
}
