package dev.errand.job;

/// A message, an answer or an outcome came for a job that cannot take it; nothing was changed.
public final class SignalRefusedException extends JobException {
  private static final long serialVersionUID = 1L;

  private SignalRefusedException(String message) {
    super(message);
  }

  /// The job has no handler that could be completed.
  public static SignalRefusedException noHandler(JobId job) {
    return new SignalRefusedException(
        "Job " + job + " has no handler to complete; only subtasks and callbacks have one.");
  }

  /// The handler has ended.
  public static SignalRefusedException ended(JobId job, Subtask handler) {
    var what =
        handler
            .callback()
            .map(name -> "Callback %s of job %s".formatted(name, job.parent().orElse(job)))
            .orElse("The handler of job " + job);
    return new SignalRefusedException(
        "%s has ended already: %s. It ends once; `errand show %s` says how."
            .formatted(what, handler.state(JobStatus.DONE), job));
  }

  /// The job has no model that could read a message.
  public static SignalRefusedException unheard(JobId job) {
    return new SignalRefusedException(
        "Job %s has no model to read a message; what code waits for is a callback, answered with `errand answer`."
            .formatted(job));
  }

  /// Nobody can read what a callback would be answered.
  public static SignalRefusedException late(JobId job, String callback) {
    return new SignalRefusedException(
        "Callback %s of job %s is answered too late: the job and all its tree have ended."
            .formatted(callback, job.parent().orElse(job)));
  }

  /// The question whether a tool may be called is answered with yes or no, by a person.
  public static SignalRefusedException approval(JobId question) {
    return new SignalRefusedException(
        "%s asks whether a tool may be called; that is answered with yes or no: `errand answer %s yes`."
            .formatted(question, question));
  }

  /// The job is no such question.
  public static SignalRefusedException noApproval(JobId job) {
    return new SignalRefusedException(
        "Job %s does not ask whether a tool may be called; `errand inbox` lists what does."
            .formatted(job));
  }

  /// The question is answered from within a call of a tool or a model.
  public static SignalRefusedException notByPerson(JobId question) {
    return new SignalRefusedException(
        "%s is to be answered by a person, not from within a call of a tool or of a model; answer it outside of any job's work."
            .formatted(question));
  }

  /// The result is not what was asked of the job.
  public static SignalRefusedException misfit(JobId job, String why) {
    return new SignalRefusedException(
        "Job %s cannot be completed with that. %s".formatted(job, why));
  }

  /// The job is done, and need not be asked to end.
  public static SignalRefusedException done(JobId job) {
    return new SignalRefusedException("Job %s is done; there is nothing to stop.".formatted(job));
  }

  /// The job is to end.
  public static SignalRefusedException stopping(JobId job) {
    return new SignalRefusedException(
        "Job %s is to end and takes no more messages; submit another job.".formatted(job));
  }

  /// The job was cancelled, and stays so.
  public static SignalRefusedException cancelled(JobId job) {
    return new SignalRefusedException(
        "Job %s was cancelled and takes no more messages; submit another job.".formatted(job));
  }
}
