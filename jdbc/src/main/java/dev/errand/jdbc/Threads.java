package dev.errand.jdbc;

/// Waits for threads to end.
final class Threads {
  private Threads() {}

  /// Waits until it has ended; an interrupt meanwhile is kept for the caller.
  static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException later) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
