package dev.errand.agents;

/// Parts of texts that never end or begin within a character.
final class Clip {
  /// What a tool tells a model at most, in characters.
  static final int MOST = 30_000;

  private Clip() {}

  /// The beginning, of at most so many `char`.
  static String beginning(CharSequence text, int most) {
    if (text.length() <= most) {
      return text.toString();
    }
    boolean splits = most > 0 && Character.isHighSurrogate(text.charAt(most - 1));
    return text.subSequence(0, splits ? most - 1 : most).toString();
  }

  /// The end, of at most so many `char`.
  static String end(CharSequence text, int most) {
    if (text.length() <= most) {
      return text.toString();
    }
    int start = text.length() - most;
    boolean splits = most > 0 && Character.isLowSurrogate(text.charAt(start));
    return text.subSequence(splits ? start + 1 : start, text.length()).toString();
  }
}
