package dev.errand.engine;

/// Unwinds the thread of a job that this worker gives up; code of the job must not see it, so it is
/// no exception.
final class Dropped extends Error {
  private static final long serialVersionUID = 1L;

  Dropped(String why) {
    super(why, null, false, false);
  }
}
