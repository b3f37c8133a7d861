package dev.errand.spi;

import java.util.List;

/// What a commit did.
///
/// @param version the job's version after it, for the next step
/// @param leased whether the worker still holds the lease: after [Step.Next.Continue], and after
///   [Step.Next.Await] when the wait was satisfied already
/// @param told the sequences of the messages that [Change.Told] let arrive, in the order of the
///   changes
public record Receipt(long version, boolean leased, List<Long> told) {
  public Receipt {
    told = List.copyOf(told);
  }

  /// One that let no message arrive.
  public Receipt(long version, boolean leased) {
    this(version, leased, List.of());
  }
}
