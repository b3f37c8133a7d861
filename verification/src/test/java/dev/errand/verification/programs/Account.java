package dev.errand.verification.programs;

import java.util.List;
import java.util.Map;

/// What came of a program: how it ended, and what each of its jobs printed and did, by the job's
/// place in the tree.
record Account(String outcome, Map<String, OfJob> jobs) {
  /// What one job did.
  ///
  /// @param effects calls of idempotent tools, with what they answered
  /// @param once calls of the tool that may be called at most once
  record OfJob(String console, List<String> effects, List<String> once) {
    OfJob withoutOnce() {
      return new OfJob(console, effects, List.of());
    }
  }
}
