package dev.errand.job;

/// A job of that id exists and was asked for with other words; nothing was changed.
public final class DuplicateJobException extends JobException {
  private static final long serialVersionUID = 1L;

  private final transient JobId job;

  /// The id that is taken.
  public DuplicateJobException(JobId job) {
    super("Job " + job + " exists already and is not the one asked for.");
    this.job = job;
  }

  /// The id that is taken.
  public JobId job() {
    return job;
  }
}
