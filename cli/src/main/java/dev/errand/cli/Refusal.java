package dev.errand.cli;

/// A command cannot be carried out; the message is the one line that its user sees.
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final int code;

  private Refusal(int code, String message) {
    super(message);
    this.code = code;
  }

  /// Wrong words on the command line, or input that cannot be read.
  static Refusal usage(String message) {
    return new Refusal(ExitCode.USAGE, message);
  }

  /// A store that is not there.
  static Refusal store(String message) {
    return new Refusal(ExitCode.STORE, message);
  }

  /// Something did not go as it must.
  static Refusal failure(String message) {
    return new Refusal(ExitCode.FAILED, message);
  }

  int code() {
    return code;
  }
}
