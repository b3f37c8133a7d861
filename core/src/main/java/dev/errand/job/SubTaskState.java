package dev.errand.job;

/// The parent's view of delegated work, apart from the child's own [JobStatus] (STATEK:
/// `SubTaskState`).
public enum SubTaskState {
  /// The child job exists and has not begun.
  WAITING,
  /// The child began and the handler has no outcome yet.
  STARTED,
  /// The handler was completed with a result.
  COMPLETED,
  /// The handler was completed with an error.
  ERROR
}
