package dev.errand.job;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
    /// Committed before the call: it was made, or was about to be. The arguments are for those who
    /// have to find out.
    record Intended(Json.Object arguments) implements Result {}

    /// It returned.
    record Returned(Value value) implements Result {}

    /// It raised.
    record Raised(String type, String message) implements Result {
      /// What code is told of a tool that failed.
      public static Raised by(String tool, String message) {
        return new Raised("ToolError", tool + ": " + message);
      }
    }

    /// Nobody knew, and the code was told so; it is told the same in every replay.
    ///
    /// @param found what was found out since; null while nobody knows
    record Unknown(Json.Object arguments, @Nullable Finding found) implements Result {}
  }

  /// Whether nobody knows yet what came of it.
  public boolean isUnknown() {
    return switch (result) {
      case Result.Intended ignored -> true;
      case Result.Unknown(var arguments, var found) -> found == null;
      case Result.Returned ignored -> false;
      case Result.Raised ignored -> false;
    };
  }

  /// The same effect after somebody found out what came of it; empty if it is to be forgotten, so
  /// that a replay makes the call.
  ///
  /// What the code was told stays as it is: a replay must see the same.
  ///
  /// @throws IllegalStateException if that was known already
  public Optional<Effect> resolved(Finding finding) {
    if (!isUnknown()) {
      throw new IllegalStateException("The outcome of " + name + " is known: " + result);
    }
    if (result instanceof Result.Unknown(var arguments, var ignored)) {
      return Optional.of(with(new Result.Unknown(arguments, finding)));
    }
    return switch (finding) {
      case Finding.Returned(var value) -> Optional.of(with(new Result.Returned(value)));
      case Finding.Raised(var message) -> Optional.of(with(Result.Raised.by(name, message)));
      case Finding.NotMade ignored -> Optional.empty();
    };
  }

  /// The same effect with its result.
  public Effect with(Result known) {
    return new Effect(slot, name, digest, policy, known);
  }
}
