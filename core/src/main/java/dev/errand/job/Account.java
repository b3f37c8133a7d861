package dev.errand.job;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a job, and all below it that has no account of its own, may spend on model calls.
///
/// A root has one, and so has each job that was given a share.
///
/// @param job whose it is
/// @param tokens its tokens
/// @param microUsd its money, in millionths of a US dollar
/// @param isOpen whether calls draw on it; a share is open until its job has ended
public record Account(JobId job, Balance tokens, Balance microUsd, boolean isOpen) {
  /// A new account.
  public static Account of(JobId job, Budget granted) {
    return new Account(job, Balance.of(granted.tokens()), Balance.of(granted.microUsd()), true);
  }

  /// What it was given.
  public Budget granted() {
    return new Budget(tokens.granted(), microUsd.granted());
  }

  /// What of it was not spent, for people: `180 tokens and $0.49`.
  public String unspent() {
    return Stream.of(
            tokens.isBounded() ? Budget.words(tokens.granted() - tokens.spent()) : "",
            microUsd.isBounded() ? Budget.dollars(microUsd.granted() - microUsd.spent()) : "")
        .filter(words -> !words.isEmpty())
        .collect(Collectors.joining(" and "));
  }

  /// One kind of an account's amounts.
  ///
  /// @param granted what it was given; [Budget#UNBOUNDED] where this account does not bound it, and
  ///   the one above it does
  /// @param spent what the calls that drew on it cost, and what shares that were returned had spent
  /// @param reserved what is set aside for calls under way, and for the last ones of jobs
  /// @param shared what the open accounts were given that are shares of this one
  /// @param returned what went back to the account above it
  public record Balance(long granted, long spent, long reserved, long shared, long returned) {
    static Balance of(long granted) {
      return new Balance(granted, 0, 0, 0, 0);
    }

    /// Whether there is a bound.
    public boolean isBounded() {
      return granted != Budget.UNBOUNDED;
    }

    /// What may be set aside or shared; less than nothing where calls cost more than was set aside
    /// for them.
    public long left() {
      return isBounded() ? granted - spent - reserved - shared - returned : Budget.UNBOUNDED;
    }
  }
}
