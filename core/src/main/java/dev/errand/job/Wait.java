package dev.errand.job;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a suspended job waits for: handlers, a moment, or whichever comes first.
///
/// @param handlers the jobs whose handlers it waits for, without repetition; none where it waits
///   for the moment only
/// @param needed how many of them must have ended; 1 where there are none
/// @param until when it need not wait any longer; null where it waits for as long as it takes
/// @param heedsMessages whether it also ends for a message that the job was not told of
public record Wait(
    List<JobId> handlers, int needed, @Nullable Instant until, boolean heedsMessages) {
  public Wait {
    handlers = handlers.stream().distinct().toList();
    int most = until == null ? handlers.size() : Math.max(handlers.size(), 1);
    if (needed < 1 || needed > most) {
      throw new IllegalArgumentException(
          "Cannot wait for " + needed + " of " + handlers.size() + " handlers");
    }
  }

  /// A wait for handlers or a moment that no message ends.
  public Wait(List<JobId> handlers, int needed, @Nullable Instant until) {
    this(handlers, needed, until, false);
  }

  /// A wait for handlers for as long as it takes.
  public Wait(List<JobId> handlers, int needed) {
    this(handlers, needed, null);
  }

  /// A wait for nothing but a moment.
  public static Wait until(Instant moment) {
    return new Wait(List.of(), 1, moment);
  }

  /// The same wait, which a message ends too.
  public Wait heedingMessages() {
    return new Wait(handlers, needed, until, true);
  }
}
