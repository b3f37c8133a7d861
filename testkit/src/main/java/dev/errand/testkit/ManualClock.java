package dev.errand.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/// A clock that stands still until it is told to go on; any thread may read and advance it.
public final class ManualClock implements InstantSource {
  private final AtomicReference<Instant> now;

  private ManualClock(Instant start) {
    now = new AtomicReference<>(start);
  }

  /// A clock that shows the first moment of the year 2026, UTC.
  public static ManualClock create() {
    return startingAt(Instant.parse("2026-01-01T00:00:00Z"));
  }

  /// A clock that shows that moment.
  public static ManualClock startingAt(Instant start) {
    return new ManualClock(start);
  }

  @Override
  public Instant instant() {
    return now.get();
  }

  /// Moves the clock on, and returns what it shows then.
  ///
  /// @throws IllegalArgumentException if it would go back
  public Instant advance(Duration by) {
    if (by.isNegative()) {
      throw new IllegalArgumentException("A clock does not go back: " + by);
    }
    return now.updateAndGet(before -> before.plus(by));
  }
}
