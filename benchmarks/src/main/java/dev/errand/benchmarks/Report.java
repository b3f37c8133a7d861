package dev.errand.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;

/// Prints figures, and measures the disk they stand on.
final class Report {
  private final PrintStream out;
  private double fsyncMillis;

  Report(PrintStream out) {
    this.out = out;
  }

  void machine() {
    out.printf(
        Locale.ROOT,
        "machine: %d cores, %s %s, Java %s%n",
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name"),
        System.getProperty("os.version"),
        System.getProperty("java.version"));
  }

  /// The cost of making 4 KB durable, appended to a file: the floor under every commit.
  void fsync(Path folder) throws IOException {
    var file = folder.resolve("fsync");
    var nanos = new long[500];
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int i = 0; i < nanos.length; i++) {
        channel.write(ByteBuffer.allocate(4096));
        long start = System.nanoTime();
        channel.force(false);
        nanos[i] = System.nanoTime() - start;
      }
    }
    fsyncMillis = millis(nanos, 0.5);
    line(
        "disk",
        "fsync of 4 KB",
        String.format(Locale.ROOT, "p50 %.3f ms, p99 %.3f ms", fsyncMillis, millis(nanos, 0.99)));
  }

  double fsyncMillis() {
    return fsyncMillis;
  }

  void line(String part, String what, String figures) {
    out.printf("%-12s%-52s%s%n", part, what, figures);
  }

  /// A line that another process printed.
  void passOn(String line) {
    out.println(line);
  }

  /// What this JVM has used of its processors.
  static long processorNanos() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  static double median(double[] values) {
    var sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  static double millis(long[] nanos, double quantile) {
    var sorted = nanos.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.min(sorted.length - 1L, (long) (sorted.length * quantile))] / 1e6;
  }
}
