package dev.errand.job;

/// Where a job stands in its life; the allowed moves are in `docs/job-lifecycle.md`.
public enum JobStatus {
  /// Created, not begun.
  READY,
  /// Carrying out the blocks of its definition.
  WARMING_UP,
  /// Taking turns with its model.
  STARTED,
  /// Waiting inside a statement; rows only, no worker is needed.
  SUSPENDED,
  /// Ended with an [Outcome]; a message or a subtask's notification may start it again.
  DONE;

  /// Whether a job may go from this status to `next`; staying is always allowed.
  public boolean mayBecome(JobStatus next) {
    return this == next
        || switch (this) {
          case READY -> next == WARMING_UP || next == STARTED || next == DONE;
          case WARMING_UP -> next == STARTED || next == SUSPENDED || next == DONE;
          case STARTED -> next == SUSPENDED || next == DONE;
          case SUSPENDED -> next == WARMING_UP || next == STARTED || next == DONE;
          case DONE -> next == STARTED;
        };
  }
}
