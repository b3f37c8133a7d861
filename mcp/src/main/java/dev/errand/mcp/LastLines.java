package dev.errand.mcp;

import java.util.ArrayDeque;
import java.util.Deque;

/// The last lines that somebody printed; any thread may use it.
final class LastLines {
  private static final int MOST_LINES = 8;
  private static final int MOST_CHARACTERS = 300;

  private final Deque<String> lines = new ArrayDeque<>();

  synchronized void add(String line) {
    if (line.isBlank()) {
      return;
    }
    if (lines.size() == MOST_LINES) {
      lines.removeFirst();
    }
    boolean isLong = line.length() > MOST_CHARACTERS;
    lines.addLast(isLong ? line.substring(0, MOST_CHARACTERS) + "…" : line);
  }

  synchronized boolean isEmpty() {
    return lines.isEmpty();
  }

  /// All of them, with line breaks.
  synchronized String text() {
    return String.join("\n", lines);
  }
}
