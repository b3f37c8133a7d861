package dev.errand.agent;

import org.jspecify.annotations.Nullable;

/// A job's work in Java: carried out like a single statement of Python.
///
/// Whatever it asks of its [JobScope] is recorded. After a crash it runs again from its start and
/// is given the recorded answers, so between two runs it must ask for the same things in the same
/// order: it should take time, chance and the outside world from tools. While it waits its thread
/// may be given up; it then sees an [Error] it must let pass.
@FunctionalInterface
public interface Program {
  /// Does the work.
  ///
  /// @return the job's value, anything [dev.errand.job.Json#of] takes; it also completes the job's
  ///   handler
  /// @throws Exception if the work fails; the job fails with its message
  @Nullable Object run(JobScope job) throws Exception;
}
