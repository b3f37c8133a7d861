package dev.errand.job;

import java.util.List;

/// How an agent goes about every one of its jobs.
///
/// @param warmup code of its own, carried out after the code that a job is given and before the
///   first turn of its model
public record Conduct(List<CodeBlock> warmup) {
  /// Nothing of its own.
  public static final Conduct PLAIN = new Conduct(List.of());

  public Conduct {
    warmup = List.copyOf(warmup);
  }
}
