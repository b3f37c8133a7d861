package dev.errand.job;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

/// An amount of what model calls cost: tokens, sent and received, and money.
///
/// @param tokens how many; [#UNBOUNDED] for any number
/// @param microUsd millionths of a US dollar; [#UNBOUNDED] for any sum
public record Budget(long tokens, long microUsd) {
  /// No bound.
  public static final long UNBOUNDED = Long.MAX_VALUE;

  /// Nothing of both.
  public static final Budget NONE = new Budget(0, 0);

  private static final int DECIMALS = 6;

  public Budget {
    if (tokens < 0 || microUsd < 0) {
      throw new IllegalArgumentException(
          "A budget is no less than nothing, and not %,d tokens and %,d micro-dollars"
              .formatted(tokens, microUsd));
    }
  }

  /// So many US dollars, such as `2.00`, for any number of tokens.
  ///
  /// @throws IllegalArgumentException if it is no decimal number from 0 on, or is finer than a
  ///   millionth
  public static Budget usd(String dollars) {
    return new Budget(UNBOUNDED, microUsd(dollars));
  }

  /// So many tokens, for any sum of money.
  public static Budget tokens(long tokens) {
    return new Budget(tokens, UNBOUNDED);
  }

  /// The same sum of money, for so many tokens.
  public Budget andTokens(long tokens) {
    return new Budget(tokens, microUsd);
  }

  /// The lesser of both, of each kind.
  public Budget atMost(Budget other) {
    return new Budget(Math.min(tokens, other.tokens), Math.min(microUsd, other.microUsd));
  }

  /// What calls have cost.
  public static Budget of(Usage usage) {
    return new Budget(usage.inputTokens() + usage.outputTokens(), usage.microUsd());
  }

  /// The sum of both.
  public Budget plus(Budget other) {
    return new Budget(sum(tokens, other.tokens), sum(microUsd, other.microUsd));
  }

  private static long sum(long one, long other) {
    return one > UNBOUNDED - other ? UNBOUNDED : one + other;
  }

  private static long microUsd(String dollars) {
    try {
      return new BigDecimal(dollars.strip())
          .movePointRight(DECIMALS)
          .setScale(0, RoundingMode.UNNECESSARY)
          .longValueExact();
    } catch (ArithmeticException | NumberFormatException unreadable) {
      throw new IllegalArgumentException(
          "'" + dollars + "' is no sum of dollars; write 2.00, with six decimals at most",
          unreadable);
    }
  }

  /// An amount of money for people, such as `$0.25`.
  public static String dollars(long microUsd) {
    var sum = BigDecimal.valueOf(microUsd, DECIMALS).stripTrailingZeros();
    var sign = sum.signum() < 0 ? "-$" : "$";
    return sign + sum.abs().setScale(Math.max(2, sum.scale()), RoundingMode.UNNECESSARY);
  }

  /// An amount of tokens for people, such as `1,200 tokens`.
  public static String words(long tokens) {
    return String.format(Locale.ROOT, tokens == 1 ? "%,d token" : "%,d tokens", tokens);
  }
}
