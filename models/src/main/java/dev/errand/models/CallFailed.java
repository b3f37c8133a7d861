package dev.errand.models;

/// One call of a model brought no reply; never leaves this package but as a cause.
final class CallFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Failure failure;

  CallFailed(Failure failure) {
    super(failure.what());
    this.failure = failure;
  }

  Failure failure() {
    return failure;
  }
}
