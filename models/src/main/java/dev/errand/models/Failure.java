package dev.errand.models;

import java.time.Duration;

/// Why one call of a model brought no reply.
///
/// @param what what happened, in words that hold no key
/// @param next what to do about it: a sentence
/// @param again whether the same call may succeed later
/// @param after how long the provider asks to be left alone; zero if it does not say
record Failure(String what, String next, boolean again, Duration after) {
  private static final String LATER = "Try again later.";

  /// What may be gone a moment later.
  static Failure passing(String what) {
    return passing(what, LATER);
  }

  static Failure passing(String what, String next) {
    return new Failure(what, next, true, Duration.ZERO);
  }

  /// What would be the same again.
  static Failure lasting(String what, String next) {
    return new Failure(what, next, false, Duration.ZERO);
  }

  /// The thread was interrupted while it waited.
  static Failure interrupted() {
    return lasting("the call was interrupted", "Nothing is wrong with the model.");
  }

  CallFailed asException() {
    return new CallFailed(this);
  }
}
