package dev.errand.job;

/// What may be done about a call whose outcome is unknown because its worker died.
public enum EffectPolicy {
  /// The call changes nothing outside: it is not journalled and simply made again.
  READ_ONLY,
  /// The call may be made again with the same key, which the tool receives.
  IDEMPOTENT,
  /// The call is not made again; the agent and the operator are told that its outcome is unknown.
  AT_MOST_ONCE
}
