package dev.errand.cli;

import dev.errand.Errand;
import java.time.Duration;

/// How often a command looks at jobs that are being worked on.
final class Pace {
  private static final Duration LOOK_AFTER = Duration.ofMillis(100);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

  private Pace() {}

  /// Waits until a look may be worth it; lets a burst of commits go by, so that looking costs the
  /// worker little.
  static void pause(Errand errand) throws InterruptedException {
    long before = System.nanoTime();
    errand.awaitChange(LOOK_AFTER);
    var left = BETWEEN_LOOKS.minusNanos(System.nanoTime() - before);
    if (left.isPositive()) {
      Thread.sleep(left);
    }
  }
}
