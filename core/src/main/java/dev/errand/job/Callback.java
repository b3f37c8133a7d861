package dev.errand.job;

import java.time.Instant;

/// A question of a job's code that somebody outside is to answer, and nobody has yet.
///
/// @param id its own id; the job whose handler the answer completes
/// @param name what the code calls it
/// @param since when it was asked
/// @param isApproval whether it asks if a tool may be called; see [Approval]
public record Callback(JobId id, String name, Instant since, boolean isApproval) {
  /// A question of a job's own code.
  public Callback(JobId id, String name, Instant since) {
    this(id, name, since, false);
  }

  /// The job whose code asked.
  public JobId job() {
    return id.parent().orElse(id);
  }
}
