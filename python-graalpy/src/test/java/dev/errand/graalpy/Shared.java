package dev.errand.graalpy;

/// The runtime that all tests of this JVM share, for the first context takes seconds.
final class Shared {
  static final GraalPyRuntime RUNTIME = GraalPyRuntime.create();

  /// Each workspace is a context of its own.
  static final int EFFORT = 10;

  private Shared() {}
}
