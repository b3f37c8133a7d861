package dev.errand.job;

import java.util.List;
import java.util.stream.Collectors;

/// A job cannot wait for what in the end waits for the job itself; nothing was changed.
public final class WaitCycleException extends JobException {
  private static final long serialVersionUID = 1L;

  /// @param path the jobs, each of which waits for the next; the last is one of those before it
  public WaitCycleException(List<JobId> path) {
    super(
        "This wait would never end: "
            + path.stream().map(JobId::text).collect(Collectors.joining(" waits for "))
            + ". Wait with a timeout, or let one of them go on without the other.");
  }
}
