package dev.errand.spi;

/// What a commit did.
///
/// @param version the job's version after it, for the next step
/// @param leased whether the worker still holds the lease: after [Step.Next.Continue], and after
///   [Step.Next.Await] when the wait was satisfied already
public record Receipt(long version, boolean leased) {}
