package dev.errand.jdbc;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Tells one process from every other, on this machine and elsewhere, now and later.
///
/// @param machine this boot of this machine, and the name space in which `pid` has its meaning
/// @param pid the process id
/// @param started when it began, in whatever unit the system counts
record ProcessIdentity(String machine, long pid, String started) {
  private static final Path PROC = Path.of("/proc");
  private static final String UNKNOWN = "unknown";

  /// Where `/proc/PID/stat` has the state and the start, counted after the name in parentheses.
  private static final int STATE = 0;

  private static final int START = 19;

  /// This process.
  static ProcessIdentity current() {
    long pid = ProcessHandle.current().pid();
    return new ProcessIdentity(thisMachine(), pid, startOf(pid).orElse(UNKNOWN));
  }

  /// Whether it is certain that the process has ended: it ran on this machine, and its pid is free
  /// or someone else's.
  ///
  /// Of a process on another machine, or one from before a reboot, nothing is known: its leases run
  /// out by themselves.
  boolean isDead(ProcessIdentity observer) {
    return machine.equals(observer.machine)
        && !started.equals(UNKNOWN)
        && !startOf(pid).equals(Optional.of(started));
  }

  private static String thisMachine() {
    try {
      var boot = Files.readString(PROC.resolve("sys/kernel/random/boot_id")).strip();
      return boot + " " + Files.readSymbolicLink(PROC.resolve("self/ns/pid"));
    } catch (IOException notLinux) {
      return hostName();
    }
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (IOException nameless) {
      return "localhost";
    }
  }

  /// When the running process with that pid began; empty when there is none.
  private static Optional<String> startOf(long pid) {
    var process = PROC.resolve(Long.toString(pid));
    try {
      return startIn(Files.readString(process.resolve("stat")));
    } catch (IOException unreadable) {
      boolean isLinux = Files.exists(PROC.resolve("self/stat"));
      if (isLinux) {
        return Files.exists(process) ? Optional.of(UNKNOWN) : Optional.empty();
      }
      return ProcessHandle.of(pid)
          .filter(ProcessHandle::isAlive)
          .flatMap(running -> running.info().startInstant())
          .map(start -> Long.toString(start.getEpochSecond()));
    }
  }

  /// A process that was killed and not yet buried by its parent (Z, X) runs no more.
  private static Optional<String> startIn(String stat) {
    var fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    boolean ended = fields[STATE].equals("Z") || fields[STATE].equals("X");
    return ended ? Optional.empty() : Optional.of(fields[START]);
  }
}
