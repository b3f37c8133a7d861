package dev.errand.graalpy;

/// The runtime that all tests of this JVM share, for the first context takes seconds.
final class Shared {
  static final GraalPyRuntime RUNTIME = GraalPyRuntime.create();

  private Shared() {}
}
