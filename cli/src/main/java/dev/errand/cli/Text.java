package dev.errand.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// Turns values into words for people.
final class Text {
  private static final DateTimeFormatter MOMENT =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);

  private Text() {}

  /// The text without line breaks and other control characters.
  static String oneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", " ");
  }

  /// The text on one line of at most `width` characters.
  static String fit(String text, int width) {
    return cut(oneLine(text), width);
  }

  /// The line, cut where it is longer than `width`.
  static String cut(String line, int width) {
    if (line.length() <= width) {
      return line;
    }
    int end = Math.max(0, width - 1);
    boolean splits = end > 0 && Character.isHighSurrogate(line.charAt(end - 1));
    return line.substring(0, splits ? end - 1 : end) + "…";
  }

  /// A date and time as the clock on the wall shows it.
  static String moment(Instant instant) {
    return MOMENT.format(instant.atZone(ZoneId.systemDefault()));
  }

  /// A time of day to the millisecond.
  static String time(Instant instant) {
    return TIME.format(instant.atZone(ZoneId.systemDefault()));
  }

  /// A span of time, as short as is useful.
  static String span(Duration span) {
    long millis = Math.max(0, span.toMillis());
    if (millis < 60_000) {
      return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
    }
    long minutes = millis / 60_000;
    return minutes < 60
        ? minutes + " min " + millis / 1000 % 60 + " s"
        : minutes / 60 + " h " + minutes % 60 + " min";
  }

  /// A number of bytes, as short as is useful.
  static String size(long bytes) {
    if (bytes < 1_000) {
      return bytes + " B";
    }
    double kilobytes = bytes / 1e3;
    return kilobytes < 1_000
        ? String.format(Locale.ROOT, "%.1f KB", kilobytes)
        : String.format(Locale.ROOT, "%.1f MB", kilobytes / 1e3);
  }

  /// The words as a shell takes them for one.
  static String quoted(String words) {
    return words.matches("[A-Za-z0-9_./:=@%+,-]+")
        ? words
        : "'" + words.replace("'", "'\\''") + "'";
  }

  /// `1 child`, `2 children`.
  static String count(long number, String one, String many) {
    return number + " " + (number == 1 ? one : many);
  }
}
