package dev.errand.jdbc;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/// The time of a database, as this process knows it: what it said last, and what has passed since
/// by a clock that nobody sets.
///
/// So two workers agree on the time whatever the clocks of their machines say, but for the length
/// of a journey.
final class DatabaseClock implements InstantSource {
  /// What the database said, and when that was by our own counting; replaced together.
  private record Reading(long millis, long nanos) {}

  private volatile Reading last = new Reading(0, System.nanoTime());

  /// Takes note of what the database just said.
  void set(long millis) {
    last = new Reading(millis, System.nanoTime());
  }

  @Override
  public Instant instant() {
    var reading = last;
    return Instant.ofEpochMilli(reading.millis())
        .plus(Duration.ofNanos(System.nanoTime() - reading.nanos()));
  }
}
