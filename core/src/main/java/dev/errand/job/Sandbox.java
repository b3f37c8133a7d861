package dev.errand.job;

import java.util.List;

/// Where an agent's code runs, and what it may reach there.
///
/// @param runtime the workspace runtime: `cpython`, `graalpy`, or `java` for a Java program
/// @param restricted whether Python runs in restricted mode
/// @param imports the modules that restricted code may import besides the usual ones: names such as
///   `numpy`, and `numpy.*` for all that is below one too
public record Sandbox(String runtime, boolean restricted, List<String> imports) {
  /// CPython in restricted mode.
  public static final Sandbox DEFAULT = new Sandbox("cpython", true, List.of());

  public Sandbox {
    imports = List.copyOf(imports);
  }
}
