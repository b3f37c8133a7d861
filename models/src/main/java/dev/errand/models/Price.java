package dev.errand.models;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/// What a model costs, in US dollars for a million tokens.
///
/// @param input tokens sent
/// @param cached tokens sent that the provider still had in its cache
/// @param written tokens sent that it puts into its cache
/// @param output tokens received, those of its thinking included
public record Price(BigDecimal input, BigDecimal cached, BigDecimal written, BigDecimal output) {
  /// Costs nothing, as a model on one's own machine.
  public static final Price FREE =
      new Price(BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO);

  /// @throws IllegalArgumentException if an amount is negative
  public Price {
    if (input.signum() < 0 || cached.signum() < 0 || written.signum() < 0 || output.signum() < 0) {
      throw new IllegalArgumentException("A price is not negative");
    }
  }

  /// A price where the cache makes no difference; amounts such as `"0.25"`.
  ///
  /// @throws IllegalArgumentException if an amount is no number, or negative
  public static Price of(String input, String output) {
    return of(input, null, null, output);
  }

  /// A price with its amounts for the cache; null where they are those of the input.
  ///
  /// @throws IllegalArgumentException if an amount is no number, or negative
  public static Price of(
      String input, @Nullable String cached, @Nullable String written, String output) {
    var sent = new BigDecimal(input);
    return new Price(
        sent,
        cached == null ? sent : new BigDecimal(cached),
        written == null ? sent : new BigDecimal(written),
        new BigDecimal(output));
  }

  /// In millionths of a dollar, the last of them rounded up: a dollar for a million tokens is a
  /// millionth for one.
  long microUsd(Tokens tokens) {
    return times(input, tokens.fresh())
        .add(times(cached, tokens.cached()))
        .add(times(written, tokens.written()))
        .add(times(output, tokens.output()))
        .setScale(0, RoundingMode.CEILING)
        .longValueExact();
  }

  private static BigDecimal times(BigDecimal price, long tokens) {
    return price.multiply(BigDecimal.valueOf(tokens));
  }
}
