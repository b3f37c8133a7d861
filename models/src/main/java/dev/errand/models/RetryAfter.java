package dev.errand.models;

import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/// How long a provider asks to be left alone, as the headers of its answer say.
final class RetryAfter {
  private RetryAfter() {}

  /// Zero where they say nothing that can be read.
  static Duration of(HttpHeaders headers) {
    return milliseconds(headers)
        .or(() -> seconds(headers))
        .or(() -> date(headers))
        .filter(Duration::isPositive)
        .orElse(Duration.ZERO);
  }

  private static Optional<Duration> milliseconds(HttpHeaders headers) {
    return headers.firstValue("retry-after-ms").flatMap(text -> number(text, 1));
  }

  private static Optional<Duration> seconds(HttpHeaders headers) {
    return headers.firstValue("retry-after").flatMap(text -> number(text, 1000));
  }

  private static Optional<Duration> number(String text, int milliseconds) {
    try {
      double amount = Double.parseDouble(text.strip()) * milliseconds;
      return Double.isFinite(amount)
          ? Optional.of(Duration.ofMillis((long) Math.ceil(amount)))
          : Optional.empty();
    } catch (NumberFormatException noNumber) {
      return Optional.empty();
    }
  }

  /// By the provider's own clock, so that it does not matter how ours is set.
  private static Optional<Duration> date(HttpHeaders headers) {
    var then = headers.firstValue("retry-after").flatMap(RetryAfter::time);
    var now = headers.firstValue("date").flatMap(RetryAfter::time);
    return then.flatMap(until -> now.map(from -> Duration.between(from, until)));
  }

  private static Optional<ZonedDateTime> time(String text) {
    try {
      return Optional.of(ZonedDateTime.parse(text.strip(), DateTimeFormatter.RFC_1123_DATE_TIME));
    } catch (DateTimeException noTime) {
      return Optional.empty();
    }
  }
}
