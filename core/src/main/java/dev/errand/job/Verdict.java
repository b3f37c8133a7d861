package dev.errand.job;

/// What becomes of a call of a tool, the laxest first.
public enum Verdict {
  /// It is made.
  ALLOW,
  /// A person is asked, and it waits for the answer.
  ASK,
  /// It is not made.
  DENY;

  /// The stricter of the two.
  public Verdict and(Verdict other) {
    return compareTo(other) < 0 ? other : this;
  }
}
