package dev.errand.job;

/// No job has that id or key, or several have that prefix.
public final class UnknownJobException extends JobException {
  private static final long serialVersionUID = 1L;

  private final String name;

  /// The id, prefix or key that was asked for.
  public UnknownJobException(String name) {
    this(name, "No job is called " + name + "; `errand jobs` lists those of the store.");
  }

  private UnknownJobException(String name, String message) {
    super(message);
    this.name = name;
  }

  /// The prefix that was asked for is that of several jobs.
  public static UnknownJobException ambiguous(String prefix) {
    return new UnknownJobException(
        prefix, "Several jobs have ids that begin with " + prefix + "; write more of the id.");
  }

  /// The job has no callback of that name.
  public static UnknownJobException callback(JobId job, String name) {
    return new UnknownJobException(
        name,
        "Job %s has no callback '%s'; its code makes one when it first calls callback('%s')."
            .formatted(job, name, name));
  }

  /// The id, prefix or key that was asked for.
  public String name() {
    return name;
  }
}
