package dev.errand.models;

import dev.errand.job.ModelException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A provider's key. It goes into the header of a request and nowhere else: not into a text, a log
/// or an exception.
final class Secret {
  /// No key at all, for servers that want none.
  static final Secret NONE = new Secret("");

  private static final String SHOWN = "[key]";

  /// So many of a key's first characters tell it from other words.
  private static final int TELLING = 8;

  private static final Pattern KEY = Pattern.compile("[!-~]+");

  private final String value;

  private Secret(String value) {
    this.value = value;
  }

  /// @param source where the key was found, such as the name of a variable
  /// @throws ModelException if it cannot be a key, without saying what it is
  static Secret of(String source, @Nullable String value) {
    if (value == null || value.isBlank()) {
      return NONE;
    }
    var key = value.strip();
    if (!KEY.matcher(key).matches()) {
      throw new ModelException(
          source
              + " holds characters that no key has, such as a space or a line break; set it anew.");
    }
    return new Secret(key);
  }

  boolean isNone() {
    return value.isEmpty();
  }

  /// The key itself, for the one header that carries it.
  String value() {
    return value;
  }

  /// The text without the key, and without what begins as the key does: providers quote half a key.
  String redact(String text) {
    if (value.isEmpty()) {
      return text;
    }
    var whole = text.replace(value, SHOWN);
    return value.length() <= TELLING
        ? whole
        : whole.replaceAll(
            Pattern.quote(value.substring(0, TELLING)) + "[^\\s\"'<>,;)]*",
            Matcher.quoteReplacement(SHOWN));
  }

  @Override
  public String toString() {
    return value.isEmpty() ? "[no key]" : SHOWN;
  }
}
