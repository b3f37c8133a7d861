package dev.errand.cli;

import dev.errand.Job;
import dev.errand.job.Json;
import dev.errand.job.Value;

/// What somebody says to a callback.
sealed interface Answer {
  /// This is the answer.
  record Given(Json value) implements Answer {}

  /// There will be no answer.
  record Refused(String why) implements Answer {}

  /// Answers a callback of `job`.
  default void to(Job job, String callback) {
    switch (this) {
      case Given(var value) -> job.answer(callback, value);
      case Refused(var why) -> job.refuse(callback, why);
    }
  }

  /// In a few words.
  default String words() {
    return switch (this) {
      case Given(var value) -> "answered: " + Value.of(value).text();
      case Refused(var why) -> "refused: " + why;
    };
  }

  /// As JSON, for the callback of that name.
  default Json.Object json(Job job, String callback) {
    var form = Json.object("job", job.id().text()).with("name", callback);
    return switch (this) {
      case Given(var value) -> form.with("state", "COMPLETED").with("value", value);
      case Refused(var why) -> form.with("state", "ERROR").with("error", why);
    };
  }
}
