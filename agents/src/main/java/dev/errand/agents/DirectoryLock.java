package dev.errand.agents;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/// The right to change files from one working directory.
///
/// One thread of one process has it at a time. A lock of a file holds among processes only, so that
/// the threads of this one queue for a lock of their own first; nothing else is locked within.
final class DirectoryLock {
  private static final ConcurrentMap<Path, ReentrantLock> IN_THIS_PROCESS =
      new ConcurrentHashMap<>();

  private DirectoryLock() {}

  /// What is done by who has the right.
  @FunctionalInterface
  interface Work<T> {
    T done() throws IOException;
  }

  /// Waits for the right, heeding interruption, and does the work.
  static <T> T holding(Premises premises, Work<T> work) throws IOException, InterruptedException {
    var path = ChangeMarks.folder(premises).resolve("lock");
    var mine = IN_THIS_PROCESS.computeIfAbsent(path, any -> new ReentrantLock());
    mine.lockInterruptibly();
    try (var file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.lock();
      return work.done();
    } finally {
      mine.unlock();
    }
  }
}
