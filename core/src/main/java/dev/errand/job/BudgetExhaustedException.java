package dev.errand.job;

/// A budget has too little left for what was asked of it; nothing was changed.
public final class BudgetExhaustedException extends JobException {
  private static final long serialVersionUID = 1L;

  /// A refusal for that reason.
  public BudgetExhaustedException(String why) {
    super(why);
  }
}
