package dev.errand.job;

/// What a job's own model calls cost; children are counted apart.
///
/// @param calls model calls answered
/// @param inputTokens tokens sent
/// @param outputTokens tokens received
/// @param microUsd price in millionths of a US dollar
public record Usage(long calls, long inputTokens, long outputTokens, long microUsd) {
  /// Nothing spent.
  public static final Usage NONE = new Usage(0, 0, 0, 0);

  /// The sum of both.
  public Usage plus(Usage other) {
    return new Usage(
        calls + other.calls,
        inputTokens + other.inputTokens,
        outputTokens + other.outputTokens,
        microUsd + other.microUsd);
  }
}
