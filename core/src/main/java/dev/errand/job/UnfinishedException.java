package dev.errand.job;

/// The outcome of a job or subtask was asked for before there is one.
public final class UnfinishedException extends JobException {
  private static final long serialVersionUID = 1L;

  private final transient JobId job;

  /// The job that has no outcome yet.
  public UnfinishedException(JobId job) {
    super("Job " + job + " has not ended; await it, or ask again later.");
    this.job = job;
  }

  /// The job that has no outcome yet.
  public JobId job() {
    return job;
  }
}
