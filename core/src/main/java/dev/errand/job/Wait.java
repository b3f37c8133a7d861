package dev.errand.job;

import java.util.List;

/// What a suspended job waits for.
///
/// @param handlers the jobs whose handlers it waits for, without repetition
/// @param needed how many of them must have ended
public record Wait(List<JobId> handlers, int needed) {
  public Wait {
    handlers = handlers.stream().distinct().toList();
    if (needed < 1 || needed > handlers.size()) {
      throw new IllegalArgumentException(
          "Cannot wait for " + needed + " of " + handlers.size() + " handlers");
    }
  }
}
