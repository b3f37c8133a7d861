package dev.errand.python;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// CPU time as Linux counts it, in milliseconds: what a figure of a busy machine is worth.
final class Cpu {
  private static final double MILLIS_PER_TICK = 10;

  private Cpu() {}

  static double ofThisProcess() {
    return of(ProcessHandle.current().pid(), 11, 12);
  }

  /// That of the direct children, and of what these have waited for.
  static double ofItsChildren() {
    return ProcessHandle.current()
        .children()
        .mapToDouble(child -> of(child.pid(), 11, 12, 13, 14))
        .sum();
  }

  private static double of(long pid, int... fields) {
    var stat = Path.of("/proc", Long.toString(pid), "stat");
    try {
      var text = Files.readString(stat);
      var values = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
      double ticks = 0;
      for (int field : fields) {
        ticks += Long.parseLong(values[field]);
      }
      return ticks * MILLIS_PER_TICK;
    } catch (IOException noProc) {
      throw new UncheckedIOException(noProc);
    }
  }
}
