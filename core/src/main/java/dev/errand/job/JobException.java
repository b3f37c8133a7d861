package dev.errand.job;

/// The root of all exceptions the library throws for what it found; misuse is
/// `IllegalArgumentException`.
public abstract sealed class JobException extends RuntimeException
    permits BudgetExhaustedException,
        StaleLeaseException,
        StoppedException,
        StoreException,
        UnknownJobException,
        UnknownTurnException,
        DuplicateJobException,
        DuplicateSubTaskException,
        WorkspaceException,
        ModelException,
        JobFailedException,
        UnfinishedException,
        UnresolvableException,
        ObjectConflictException,
        RefusedException,
        SignalRefusedException,
        ToolSourceException,
        WaitCycleException {
  private static final long serialVersionUID = 1L;

  JobException(String message) {
    super(message);
  }

  JobException(String message, Throwable cause) {
    super(message, cause);
  }
}
