package dev.errand.job;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What a job makes attempts at that supervises retried work: one after another, each the same job
/// anew, until one succeeds or [Retry] has no more.
///
/// @param retry how often and when
/// @param work the setup of each attempt
/// @param message what the model of each attempt reads first; null for nothing
public record Attempts(Retry retry, JobDefinition work, @Nullable String message) {
  /// The runtime that carries out the supervising.
  public static final String RUNTIME = "attempts";

  /// How long one attempt may take.
  public Duration timeout() {
    return retry.timeoutWithin(work.agent().limits().jobTime());
  }

  /// How long all of them may take.
  public Duration longest() {
    return retry.longest(timeout());
  }
}
