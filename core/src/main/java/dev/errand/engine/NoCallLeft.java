package dev.errand.engine;

import java.time.Instant;

/// A job is to go on when its model may be called again: a limit that all workers hold has no call
/// left for now.
final class NoCallLeft extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Instant again;

  NoCallLeft(String model, Instant again) {
    super("no call of " + model + " is left before " + again, null, false, false);
    this.again = again;
  }

  /// When to ask again.
  Instant again() {
    return again;
  }
}
