package dev.errand.agents;

/// What is wrong in which line of an agent file; callers of the library get an
/// `IllegalArgumentException` that names the file too.
final class AgentFileError extends Exception {
  private static final long serialVersionUID = 1L;

  private final int line;

  AgentFileError(int line, String what) {
    super(what);
    this.line = line;
  }

  int line() {
    return line;
  }
}
