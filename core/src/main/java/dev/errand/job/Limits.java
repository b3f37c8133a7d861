package dev.errand.job;

import java.time.Duration;

/// What one job may cost; every limit is finite.
///
/// @param blockTime wall time of one code block, time spent waiting for others not counted; default
///   60 s
/// @param turns model replies over the job's life; default 50
/// @param depth levels of jobs below the root; default 16
public record Limits(Duration blockTime, int turns, int depth) {
  /// The limits of an agent that names none.
  public static final Limits DEFAULT = new Limits(Duration.ofSeconds(60), 50, 16);

  public Limits {
    if (blockTime.isNegative() || blockTime.isZero()) {
      throw new IllegalArgumentException("blockTime must be positive, not " + blockTime);
    }
    if (turns < 0 || depth < 0) {
      throw new IllegalArgumentException("turns and depth must not be negative");
    }
  }
}
