package dev.errand.verification.workers;

/// A promise that was not kept.
///
/// @param promise which one
/// @param what to which job or effect, and how
record Breach(Promise promise, String what) {
  /// What is promised, whatever fails.
  enum Promise {
    /// An acknowledged job is there, and is done or waits for what has not come.
    NO_JOB_LOST,
    /// A job ends with what it was to end with, and with what a waiter was told.
    ENDS_AS_TOLD,
    /// A job ends once, unless it was revived, and its rows agree with its history.
    ENDS_ONCE,
    /// A handler is begun once and ends once.
    HANDLER_ENDS_ONCE,
    /// A parent is told of each end once.
    TOLD_ONCE,
    /// The entries of a tree are numbered from 1 without gaps.
    NO_GAPS,
    /// A tool that may be called at most once is.
    AT_MOST_ONCE,
    /// The journal and the world outside agree.
    EFFECTS_AS_RECORDED,
    /// What was spent is what calls cost, and nothing stays set aside.
    BUDGET_EXACT,
    /// An acknowledged message is in the history once, and no message twice.
    MESSAGE_ONCE
  }
}
