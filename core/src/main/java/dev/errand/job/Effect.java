package dev.errand.job;

/// One line of the effect journal: what was asked at a [Slot], and what came of it.
///
/// Readings of the outside (the clock, a handler's state) are kept here too, so that a replay sees
/// what the first pass saw.
///
/// @param slot where in the code
/// @param name the tool, or the kind of reading
/// @param digest of the arguments; a replay that asks with another one has diverged
/// @param policy what to do if the outcome is missing
/// @param result what came of it
public record Effect(Slot slot, String name, String digest, EffectPolicy policy, Result result) {
  /// What is known about an effect.
  public sealed interface Result {
    /// Committed before the call: it was made, or was about to be.
    record Intended() implements Result {}

    /// It returned.
    record Returned(Value value) implements Result {}

    /// It raised.
    record Raised(String type, String message) implements Result {}
  }

  /// The same effect with its result.
  public Effect with(Result known) {
    return new Effect(slot, name, digest, policy, known);
  }
}
