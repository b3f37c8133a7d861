package dev.errand.cli;

/// What the program's exit status says.
final class ExitCode {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int STORE = 3;
  static final int INTERRUPTED = 130;

  private ExitCode() {}
}
