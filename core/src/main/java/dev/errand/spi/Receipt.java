package dev.errand.spi;

import java.util.List;

/// What a commit did.
///
/// @param version the job's version after it, for the next step
/// @param leased whether the worker still holds the lease: after [Step.Next.Continue], and after
///   [Step.Next.Await] when the wait was satisfied already
/// @param told the sequences of the messages that [Change.Told] let arrive, in the order of the
///   changes
/// @param taken the jobs that [Step#taking] gave the worker
/// @param due whether there may be something for others to claim: a job fell due by it that was not
///   taken, or its own will at a moment, or jobs were stopped, or the lease was given back while
///   limits on jobs are set
public record Receipt(
    long version, boolean leased, List<Long> told, List<Claim> taken, boolean due) {
  public Receipt {
    told = List.copyOf(told);
    taken = List.copyOf(taken);
  }

  /// One that let no message arrive, and after which nothing is due.
  public Receipt(long version, boolean leased) {
    this(version, leased, List.of(), List.of(), false);
  }
}
