package dev.errand.verification.workers;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/// Waits for what must come, however slow the machine is; what has not come by then never will.
final class Eventually {
  private static final Duration LONG = Duration.ofMinutes(3);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

  private Eventually() {}

  /// A wait that fails by that name.
  static ConditionFactory await(String what) {
    return Awaitility.await(what).atMost(LONG).pollInterval(BETWEEN_LOOKS);
  }
}
