package dev.errand.engine;

import dev.errand.agent.JobScope;
import dev.errand.agent.Program;
import dev.errand.agent.SubTaskSpec;
import dev.errand.job.Attempts;
import dev.errand.job.TaskError;

/// Attempts work until it succeeds or its policy has no more attempts.
///
/// A child that such a job creates is an attempt, whatever is asked for: see [Children]. One that
/// failed is cancelled before the next, so that nothing of it is still at work or goes on later.
record Supervisor(Attempts attempts) implements Program {
  /// The last attempt has failed.
  static final class GivenUp extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient TaskError error;

    private GivenUp(TaskError error) {
      super(error.message());
      this.error = error;
    }

    /// What the job fails of: the error of the last attempt, which says how many there were.
    TaskError error() {
      return error;
    }
  }

  @Override
  public Object run(JobScope job) throws GivenUp {
    var retry = attempts.retry();
    for (int number = 1; ; number++) {
      var attempt = job.start(SubTaskSpec.of(attempts.work().agent().name())).await();
      var error = attempt.error();
      if (error.isEmpty()) {
        return attempt.result();
      }
      var place = "attempt %d of %d".formatted(number, retry.attempts());
      if (!retry.goesOn(number, error.get().kind())) {
        throw new GivenUp(after(place, error.get()));
      }
      job.cancel(attempt, place + " failed");
      job.sleep(retry.backoffAfter(number));
    }
  }

  private static TaskError after(String place, TaskError error) {
    var message = "%s (%s)".formatted(error.message(), place);
    return new TaskError(error.kind(), message, error.advice(), error.trace());
  }
}
