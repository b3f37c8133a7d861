package dev.errand.job;

/// The value of a job or subtask was asked for, and it did not succeed.
public final class JobFailedException extends JobException {
  private static final long serialVersionUID = 1L;

  private final transient TaskError error;

  /// Why it failed.
  public JobFailedException(TaskError error) {
    super("The job did not succeed: " + error.message());
    this.error = error;
  }

  /// Why it failed.
  public TaskError error() {
    return error;
  }
}
