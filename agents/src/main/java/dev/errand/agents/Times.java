package dev.errand.agents;

import java.time.Duration;
import java.util.regex.Pattern;

/// Times as people write them: a whole number of seconds, minutes, hours or days.
public final class Times {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9})\\s*([smhd])");

  private Times() {}

  /// Reads `90s`, `30m`, `2h` or `1d`.
  ///
  /// @throws IllegalArgumentException if it is something else, or no time at all
  public static Duration of(String text) {
    var form = FORM.matcher(text.strip());
    if (!form.matches() || Long.parseLong(form.group(1)) == 0) {
      throw new IllegalArgumentException(
          "'" + text + "' is no time; write 90s, 30m, 2h or 1d, as it may be");
    }
    long amount = Long.parseLong(form.group(1));
    return switch (form.group(2)) {
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }
}
