package dev.errand.agents;

/// A text of any length, of which the beginning and the end are kept; safe for use by two threads.
final class BothEnds {
  private final int half;
  private final StringBuilder beginning = new StringBuilder();
  private final StringBuilder end = new StringBuilder();
  private long length;

  /// @param most how many characters are kept
  BothEnds(int most) {
    this.half = most / 2;
  }

  /// Adds the first characters of an array.
  synchronized void add(char[] some, int count) {
    length += count;
    int room = Math.min(count, half - beginning.length());
    beginning.append(some, 0, room);
    end.append(some, room, count - room);
    if (end.length() > 4 * half) {
      end.delete(0, end.length() - half - 1);
    }
  }

  synchronized boolean isEmpty() {
    return length == 0;
  }

  /// What is kept, with a line between that says how much is not.
  synchronized String text() {
    if (length <= 2L * half) {
      return beginning.toString() + end;
    }
    var first = Clip.beginning(beginning, endsWithin(beginning) ? half - 1 : half);
    var last = Clip.end(end, half);
    long between = length - first.length() - last.length();
    return first + "\n[%,d characters left out]\n".formatted(between) + last;
  }

  private static boolean endsWithin(CharSequence text) {
    return Character.isHighSurrogate(text.charAt(text.length() - 1));
  }
}
