package dev.errand.python;

/// How far the operating system must lock a workspace's process in.
public enum Isolation {
  /// Every layer must hold: no workspace is opened where one is missing.
  REQUIRED,
  /// Every layer that the system has; what is missing is logged once and can be asked for.
  BEST_EFFORT,
  /// No layer but limits: for code that is trusted.
  OFF
}
