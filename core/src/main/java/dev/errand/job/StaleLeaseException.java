package dev.errand.job;

/// The lease that a commit was made with is no longer the job's; nothing was changed.
public final class StaleLeaseException extends JobException {
  private static final long serialVersionUID = 1L;

  private final transient Lease lease;

  /// The refused lease.
  public StaleLeaseException(Lease lease) {
    super(
        "Job "
            + lease.job()
            + " is no longer leased to "
            + lease.worker()
            + " under number "
            + lease.fence()
            + ". Another worker took it, or a step was committed before; drop what was computed and"
            + " claim anew.");
    this.lease = lease;
  }

  /// The refused lease.
  public Lease lease() {
    return lease;
  }
}
