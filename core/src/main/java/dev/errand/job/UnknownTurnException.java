package dev.errand.job;

/// A job's workspace was asked for as a turn left it that is not over, or no longer kept.
public final class UnknownTurnException extends JobException {
  private static final long serialVersionUID = 1L;

  private final transient JobId job;
  private final int turn;

  private UnknownTurnException(JobId job, int turn, String message) {
    super(message);
    this.job = job;
    this.turn = turn;
  }

  /// The turn is not over; `last` is the last one that is, [Delta#BEFORE] for none.
  public static UnknownTurnException unfinished(JobId job, int turn, int last) {
    return new UnknownTurnException(
        job,
        turn,
        last == Delta.BEFORE
            ? "Turn %d of job %s is not over, and none before it; wait until one is."
                .formatted(turn, job)
            : "Turn %d of job %s is not over; the last one that is is %d."
                .formatted(turn, job, last));
  }

  /// The job's model was not asked for that turn; `last` is the last for which it replied,
  /// [Delta#BEFORE] for none.
  public static UnknownTurnException withoutModel(JobId job, int turn, int last) {
    return new UnknownTurnException(
        job,
        turn,
        "The model of job %s was not asked for turn %d; %s."
            .formatted(
                job,
                turn,
                last == Delta.BEFORE
                    ? "it has not replied yet"
                    : "its last reply is of turn " + last));
  }

  /// The turn is no longer kept; `first` is the first one that is.
  public static UnknownTurnException forgotten(JobId job, int turn, int first) {
    return new UnknownTurnException(
        job,
        turn,
        "The workspace of job %s after turn %d is not kept; the first one that is is of turn %d."
            .formatted(job, turn, first));
  }

  /// Whose turn it is.
  public JobId job() {
    return job;
  }

  /// The turn that was asked for.
  public int turn() {
    return turn;
  }
}
