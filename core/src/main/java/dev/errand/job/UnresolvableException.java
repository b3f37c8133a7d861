package dev.errand.job;

/// An effect cannot be resolved: there is none of that key, its outcome is known, or it may be
/// under way.
public final class UnresolvableException extends JobException {
  private static final long serialVersionUID = 1L;
  private final transient EffectKey key;

  private UnresolvableException(EffectKey key, String why) {
    super("The effect " + key + " cannot be resolved: " + why);
    this.key = key;
  }

  /// There is no such effect.
  public static UnresolvableException missing(EffectKey key) {
    return new UnresolvableException(
        key, "there is none. It was never begun, or it was resolved as not made.");
  }

  /// Its outcome is known.
  public static UnresolvableException settled(EffectKey key) {
    return new UnresolvableException(key, "its outcome is known, and stands.");
  }

  /// A worker holds the job.
  public static UnresolvableException underWay(EffectKey key) {
    return new UnresolvableException(
        key, "a worker holds the job, and may be making the call. Stop it, or wait.");
  }

  /// Which effect.
  public EffectKey key() {
    return key;
  }
}
