package dev.errand.job;

/// The store could not be opened, reached or written; nothing of the call was applied unless it
/// says so.
public final class StoreException extends JobException {
  private static final long serialVersionUID = 1L;

  /// What happened and what to do next.
  public StoreException(String message) {
    super(message);
  }

  /// What happened and what to do next, and why.
  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
