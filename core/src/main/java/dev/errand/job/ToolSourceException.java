package dev.errand.job;

/// A source of tools, such as an MCP server, could not be reached, broke off, or gave nothing
/// usable.
public final class ToolSourceException extends JobException {
  private static final long serialVersionUID = 1L;

  /// What happened, to which source, and what to do next.
  public ToolSourceException(String message) {
    super(message);
  }

  /// What happened, to which source, and what to do next, and why.
  public ToolSourceException(String message, Throwable cause) {
    super(message, cause);
  }
}
