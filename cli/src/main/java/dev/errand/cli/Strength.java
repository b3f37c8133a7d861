package dev.errand.cli;

import dev.errand.Job;
import dev.errand.job.Json;

/// How a job is made to end.
enum Strength {
  /// Its model has one more turn.
  ASK,
  /// It begins nothing more, and what its tools do may finish.
  CANCEL,
  /// Nothing is waited for.
  KILL;

  /// Has the job end, and says what comes of it.
  Json.Object apply(Job job, String reason) {
    int stopping =
        switch (this) {
          case ASK -> {
            job.askToStop(reason);
            yield 1;
          }
          case CANCEL -> job.cancel(reason);
          case KILL -> job.kill(reason);
        };
    return Json.object("job", job.id().text()).with("stopping", stopping);
  }
}
