package dev.errand.cli;

/// What to do when the process is told to end while it works: from Ctrl-C or a plain `kill`.
///
/// The JVM then runs this beside the main thread and ends with the signal's own exit status, 130
/// for Ctrl-C; the main thread does not come to its end.
final class Interruption implements AutoCloseable {
  private final Thread hook;

  private Interruption(Thread hook) {
    this.hook = hook;
  }

  /// From now on `action` is carried out when the process is told to end.
  static Interruption calls(Runnable action) {
    var hook = Thread.ofPlatform().name("errand-interrupted").unstarted(action);
    Runtime.getRuntime().addShutdownHook(hook);
    return new Interruption(hook);
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      waitForTheEnd();
    }
  }

  /// The process is ending already: what the main thread would still say or do is no longer wanted.
  private void waitForTheEnd() {
    try {
      hook.join();
    } catch (InterruptedException again) {
      Thread.currentThread().interrupt();
    }
  }
}
