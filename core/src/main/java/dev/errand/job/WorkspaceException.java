package dev.errand.job;

/// A workspace could not be opened or talked to.
public final class WorkspaceException extends JobException {
  private static final long serialVersionUID = 1L;

  /// What happened and what to do next.
  public WorkspaceException(String message) {
    super(message);
  }

  /// What happened and what to do next, and why.
  public WorkspaceException(String message, Throwable cause) {
    super(message, cause);
  }
}
