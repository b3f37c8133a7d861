package dev.errand.python;

import java.util.Locale;

/// One thing that the operating system takes from a workspace's process.
///
/// @param kind what it takes
/// @param standing whether it holds here
/// @param words by what it holds, or why it does not and what to do; empty where it was switched
///   off
public record Layer(Kind kind, Standing standing, String words) {
  /// What the layers take.
  public enum Kind {
    /// The rights of the superuser, and every way to get more rights.
    RIGHTS,
    /// Files other than Python's own, the system's libraries and those that were allowed.
    FILES,
    /// Network, other programs, other processes, and much of the kernel.
    CALLS,
    /// Memory, processor time and open files without bound.
    LIMITS,
    /// A life beyond that of the runtime.
    ENDING
  }

  /// Whether a layer holds.
  public enum Standing {
    /// It does.
    HELD,
    /// The system does not have it, or does not permit it.
    MISSING,
    /// It was not asked for.
    OFF
  }

  /// Reads a line of the driver's, such as `files held Landlock 7`.
  static Layer parse(String line) {
    var said = line.split(" ", 3);
    return new Layer(
        Kind.valueOf(said[0].toUpperCase(Locale.ROOT)),
        Standing.valueOf(said[1].toUpperCase(Locale.ROOT)),
        said.length < 3 ? "" : said[2]);
  }

  /// One line, such as `files missing: Function not implemented; it needs Linux 5.13 or later`.
  @Override
  public String toString() {
    var state =
        kind.name().toLowerCase(Locale.ROOT) + " " + standing.name().toLowerCase(Locale.ROOT);
    return words.isEmpty() ? state : state + ": " + words;
  }
}
