package dev.errand.job;

/// No job has that id or key.
public final class UnknownJobException extends JobException {
  private static final long serialVersionUID = 1L;

  private final String name;

  /// The id, prefix or key that was asked for.
  public UnknownJobException(String name) {
    super("No job is called " + name + "; `errand jobs` lists those of the store.");
    this.name = name;
  }

  /// The id, prefix or key that was asked for.
  public String name() {
    return name;
  }
}
