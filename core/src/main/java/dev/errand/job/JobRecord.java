package dev.errand.job;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A job as the store holds it at one moment.
///
/// @param id its id
/// @param origin how it came to be
/// @param definition the address of its [JobDefinition]
/// @param status where it stands
/// @param progress how far it has come
/// @param subtask its handler; null where nobody waits for it by handler
/// @param outcome how it ended; null while it has not
/// @param usage what its own model calls cost
/// @param reserved what is set aside for its model: for the call under way, and for a last one
public record JobRecord(
    JobId id,
    Origin origin,
    String definition,
    JobStatus status,
    Progress progress,
    @Nullable Subtask subtask,
    @Nullable Outcome outcome,
    Usage usage,
    Budget reserved) {
  /// The last turn that is over; [Delta#BEFORE] while none is.
  public int lastTurn() {
    boolean endedWithin = status == JobStatus.DONE && progress.acting();
    return endedWithin ? progress.turn() : progress.turn() - 1;
  }

  /// How a job came to be.
  ///
  /// @param key the submitter's idempotency key; null where none was given
  /// @param digest says what was asked for, so that a replayed creation can be told from another
  ///   one
  /// @param agent the agent's name
  /// @param created when
  /// @param deadline when it must have ended; null where it may take as long as it likes
  /// @param priority of jobs that are due, those of a higher one are handed out first
  public record Origin(
      @Nullable String key,
      String digest,
      String agent,
      Instant created,
      @Nullable Instant deadline,
      int priority) {
    /// A job of the usual priority, 0.
    public Origin(
        @Nullable String key,
        String digest,
        String agent,
        Instant created,
        @Nullable Instant deadline) {
      this(key, digest, agent, created, deadline, 0);
    }
  }
}
