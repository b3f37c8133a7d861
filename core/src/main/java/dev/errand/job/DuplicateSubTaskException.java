package dev.errand.job;

/// The parent has a subtask of that id already; nothing was changed.
public final class DuplicateSubTaskException extends JobException {
  private static final long serialVersionUID = 1L;

  private final transient JobId existing;

  /// The job that has the id, and the id.
  public DuplicateSubTaskException(JobId existing, Json id) {
    super(
        "Sub-task id="
            + id.print()
            + " is taken by job "
            + existing
            + "; ids are unique per parent, choose another.");
    this.existing = existing;
  }

  /// The job that has the id.
  public JobId existing() {
    return existing;
  }
}
