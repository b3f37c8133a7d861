package dev.errand.job;

/// A model could not be reached or gave nothing usable.
public final class ModelException extends JobException {
  private static final long serialVersionUID = 1L;

  /// What happened and what to do next.
  public ModelException(String message) {
    super(message);
  }

  /// What happened and what to do next, and why.
  public ModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
