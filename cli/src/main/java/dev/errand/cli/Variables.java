package dev.errand.cli;

import dev.errand.job.Json;
import java.util.List;

/// The variables given by `--var`: `NAME=VALUE`, `NAME=@FILE` or `NAME:=JSON`.
final class Variables {
  private Variables() {}

  /// The variables by name.
  ///
  /// @throws Refusal if one is malformed, its file cannot be read, or its name comes twice
  static Json.Object of(List<String> words, Surroundings surroundings) {
    var variables = Json.Object.EMPTY;
    for (var word : words) {
      int equals = word.indexOf('=');
      if (equals < 0) {
        throw Refusal.usage(
            "--var " + word + " has no value; write NAME=VALUE, NAME=@FILE or NAME:=JSON");
      }
      boolean isJson = equals > 0 && word.charAt(equals - 1) == ':';
      var name = word.substring(0, isJson ? equals - 1 : equals);
      var text = word.substring(equals + 1);
      checkName(name);
      if (variables.members().containsKey(name)) {
        throw Refusal.usage("--var " + name + " is given twice");
      }
      variables = variables.with(name, isJson ? json(name, text) : value(name, text, surroundings));
    }
    return variables;
  }

  private static void checkName(String name) {
    if (!name.matches("[A-Za-z_][A-Za-z0-9_]*") || name.startsWith("__")) {
      throw Refusal.usage("--var '" + name + "' is no name for a variable");
    }
  }

  private static Json json(String name, String text) {
    try {
      return Json.parse(text);
    } catch (IllegalArgumentException notJson) {
      throw Refusal.usage("--var " + name + " is not JSON: " + text);
    }
  }

  private static Json value(String name, String text, Surroundings surroundings) {
    if (!text.startsWith("@")) {
      return new Json.Text(text);
    }
    var file = text.substring(1);
    if (file.isEmpty()) {
      throw Refusal.usage("--var " + name + "=@ names no file");
    }
    return new Json.Text(SourceFile.read(surroundings.file(file), file));
  }
}
