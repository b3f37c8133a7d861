package dev.errand.job;

/// Code asked for something that is not granted; the code sees it as an exception of type [#type].
public final class RefusedException extends JobException {
  private static final long serialVersionUID = 1L;
  private final String type;

  /// An exception of the Python or Errand type `type`, with this message.
  public RefusedException(String type, String message) {
    super(message);
    this.type = type;
  }

  /// The name of the type as code knows it, such as `RuntimeError`.
  public String type() {
    return type;
  }
}
