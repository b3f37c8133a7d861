package dev.errand.job;

import org.jspecify.annotations.Nullable;

/// What somebody found out about a call whose outcome was not recorded.
public sealed interface Finding {
  /// The call was made and returned this.
  record Returned(Value value) implements Finding {}

  /// The call was made and failed.
  record Raised(String message) implements Finding {}

  /// The call was never made.
  record NotMade() implements Finding {}

  /// The finding that the call returned this, which is anything [Json#of] takes.
  static Finding returned(@Nullable Object value) {
    return new Returned(Value.of(value));
  }

  /// The finding that the call failed with this message.
  static Finding raised(String message) {
    return new Raised(message);
  }

  /// The finding that the call was not made.
  static Finding notMade() {
    return new NotMade();
  }
}
