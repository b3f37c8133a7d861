package dev.errand.python;

import dev.errand.job.Limits;
import dev.errand.job.TaskError;

/// What a job is told when it has gone over a limit.
final class Excess {
  private Excess() {}

  static TaskError time(Limits limits) {
    return of(
        "The code ran longer than the "
            + Forms.seconds(limits.blockTime())
            + " that a block may take.",
        "Do the work in smaller blocks, or give the agent a larger blockTime");
  }

  static TaskError output(Limits limits) {
    return of(
        "The code printed more than the %,d characters that a block may print."
            .formatted(limits.outputCharacters()),
        "Print less, such as a part or a summary, or give the agent a larger limit of"
            + " outputCharacters");
  }

  static TaskError memory(Limits limits) {
    return of(
        "The code needed more memory than the "
            + bytes(limits.memoryBytes())
            + " that its process may have, and the process died of it.",
        "Work on less at a time, or give the agent a larger limit of memoryBytes");
  }

  static TaskError files(Limits limits) {
    return of(
        "The files in the job's folder took more than the %s that they may take, or could not be counted."
            .formatted(bytes(limits.fileBytes())),
        "Write less, or remove files that are not needed, or give the agent a larger limit of"
            + " fileBytes");
  }

  static TaskError stored(Limits limits) {
    return of(
        "The code keeps, or hands on, more than the "
            + bytes(limits.storedBytes())
            + " that a workspace may take where it is stored.",
        "Keep less in variables, delete with `del` what is not needed, or give the agent a larger"
            + " limit of storedBytes");
  }

  private static TaskError of(String message, String advice) {
    return TaskError.of(TaskError.Kind.LIMIT, message, advice);
  }

  private static String bytes(long count) {
    if (count % (1 << 20) == 0) {
      return count / (1 << 20) + " MiB";
    }
    return "%,d bytes".formatted(count);
  }
}
