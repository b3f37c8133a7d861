package dev.errand.engine;

import java.util.Optional;
import java.util.regex.Pattern;

/// Finds the code in a model's reply.
final class CodeFences {
  private static final Pattern FENCE =
      Pattern.compile(
          "^```[ \\t]*(?:python|py)[ \\t]*\\R(.*?)^```[ \\t]*$",
          Pattern.DOTALL | Pattern.MULTILINE);

  private CodeFences() {}

  /// The fenced Python of a reply, several fences as one block; empty if there is none that is
  /// closed.
  static Optional<String> python(String reply) {
    var code =
        FENCE.matcher(reply).results().map(fence -> fence.group(1)).reduce((one, two) -> one + two);
    return code.filter(text -> !text.isBlank());
  }

  /// What a reply says besides its code; empty if that is all it has.
  static Optional<String> prose(String reply) {
    return Optional.of(FENCE.matcher(reply).replaceAll("").strip()).filter(text -> !text.isEmpty());
  }
}
