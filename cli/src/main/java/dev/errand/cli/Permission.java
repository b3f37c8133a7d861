package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.util.Locale;
import java.util.Optional;

/// What somebody says to the question whether a tool may be called.
record Permission(boolean isAllowed, String by, String reason) {
  /// Reads yes and no; empty for anything else.
  static Optional<Boolean> read(String word) {
    return switch (word.strip().toLowerCase(Locale.ROOT)) {
      case "yes", "y", "allow", "true" -> Optional.of(true);
      case "no", "n", "deny", "false" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  /// The user of this process.
  static String user() {
    return System.getProperty("user.name", "somebody");
  }

  /// Says it.
  void on(Errand errand, JobId question) {
    if (isAllowed) {
      errand.allow(question, by);
    } else {
      errand.deny(question, by, reason);
    }
  }

  /// In a few words.
  String words() {
    return (isAllowed ? "allowed" : "denied") + " by " + by;
  }

  Json.Object json(JobId question) {
    return Json.object("id", question.text())
        .with("allowed", isAllowed)
        .with("by", by)
        .with("reason", reason.isBlank() ? null : reason);
  }
}
