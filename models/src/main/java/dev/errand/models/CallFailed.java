package dev.errand.models;

import dev.errand.job.Usage;

/// One call of a model brought no reply; never leaves this package but as a cause.
final class CallFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Failure failure;
  private final transient Usage spent;

  CallFailed(Failure failure) {
    this(failure, Usage.NONE);
  }

  /// @param spent what it cost all the same
  CallFailed(Failure failure, Usage spent) {
    super(failure.what());
    this.failure = failure;
    this.spent = spent;
  }

  Usage spent() {
    return spent;
  }

  Failure failure() {
    return failure;
  }
}
