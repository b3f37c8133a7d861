package dev.errand.cli;

import dev.errand.job.Effect;
import dev.errand.job.Finding;
import dev.errand.job.JobEffect;
import dev.errand.job.Json;
import org.jspecify.annotations.Nullable;

/// An effect as commands show it.
final class EffectForm {
  private static final String TOO_LATE = " (found out after the code was told EffectUnknown)";

  private EffectForm() {}

  /// Where it stands, in a word; how it was resolved, where somebody did so after the code was told
  /// that nobody knows.
  static String state(Effect effect) {
    return switch (effect.result()) {
      case Effect.Result.Intended ignored -> "intended";
      case Effect.Result.Returned ignored -> "returned";
      case Effect.Result.Raised ignored -> "raised";
      case Effect.Result.Unknown(var arguments, var found) -> state(found);
    };
  }

  private static String state(@Nullable Finding found) {
    return switch (found) {
      case null -> "unknown";
      case Finding.Returned ignored -> "returned";
      case Finding.Raised ignored -> "raised";
      case Finding.NotMade ignored -> "not_made";
    };
  }

  /// What it came to; what was asked, as long as that is all that is known.
  static String words(Effect effect) {
    return switch (effect.result()) {
      case Effect.Result.Intended(var arguments) -> arguments.print();
      case Effect.Result.Returned(var value) -> value.text();
      case Effect.Result.Raised(var type, var message) -> message;
      case Effect.Result.Unknown(var arguments, var found) ->
          switch (found) {
            case null -> arguments.print();
            case Finding.Returned(var value) -> value.text() + TOO_LATE;
            case Finding.Raised(var message) -> message + TOO_LATE;
            case Finding.NotMade ignored -> TOO_LATE.strip();
          };
    };
  }

  static Json.Object json(JobEffect line) {
    var effect = line.effect();
    var form =
        Json.object("key", line.key().text())
            .with("job", line.key().job().text())
            .with("tool", effect.name())
            .with("policy", effect.policy().name())
            .with("state", state(effect))
            .with("told", effect.result() instanceof Effect.Result.Unknown)
            .with("since", line.since().toString());
    return switch (effect.result()) {
      case Effect.Result.Intended(var arguments) -> form.with("arguments", arguments);
      case Effect.Result.Returned(var value) -> form.with("result", value.text());
      case Effect.Result.Raised(var type, var message) -> form.with("error", message);
      case Effect.Result.Unknown(var arguments, var found) ->
          found(form.with("arguments", arguments), found);
    };
  }

  private static Json.Object found(Json.Object form, @Nullable Finding found) {
    return switch (found) {
      case null -> form;
      case Finding.Returned(var value) -> form.with("result", value.text());
      case Finding.Raised(var message) -> form.with("error", message);
      case Finding.NotMade ignored -> form;
    };
  }
}
