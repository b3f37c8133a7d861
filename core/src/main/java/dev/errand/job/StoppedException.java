package dev.errand.job;

/// A step came for a job that is to end, and does not end it so; nothing was applied.
public final class StoppedException extends JobException {
  private static final long serialVersionUID = 1L;
  private final transient Stop stop;

  /// A refusal for that reason.
  public StoppedException(JobId job, Stop stop) {
    super("Job " + job + " is to end: " + stop.outcome().code() + " with job " + stop.top() + ".");
    this.stop = stop;
  }

  /// Why, and how the job is to end.
  public Stop stop() {
    return stop;
  }
}
