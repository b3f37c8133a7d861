package dev.errand.agents;

import dev.errand.job.Json;
import dev.errand.job.Permissions;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.stream.Stream;

/// What a file of Claude Code's settings (`.claude/settings.json`) says of tools.
///
/// Of its `permissions` the lists `allow`, `ask` and `deny` are read, and nothing else of the file.
/// A path that begins with `//` is absolute there, one with `~/` is in the home directory, and
/// `Edit` stands for all tools that change files: what it denies or asks for is denied and asked
/// for of `Write` too.
public final class SettingsFile {
  private SettingsFile() {}

  /// Reads the rules of a file.
  ///
  /// @param home the home directory
  /// @throws IllegalArgumentException if it cannot be read, or has no such rules; the message names
  ///   it
  public static Permissions read(Path file, Path home) {
    var lists = lists(file);
    return Permissions.ALL
        .allow(rules(file, lists, "allow", home).toArray(String[]::new))
        .ask(
            rules(file, lists, "ask", home).flatMap(SettingsFile::ofEditors).toArray(String[]::new))
        .deny(
            rules(file, lists, "deny", home)
                .flatMap(SettingsFile::ofEditors)
                .toArray(String[]::new));
  }

  private static Stream<String> ofEditors(String rule) {
    return rule.matches("(?s)Edit(\\(.*)?")
        ? Stream.of(rule, rule.replaceFirst("Edit", "Write"))
        : Stream.of(rule);
  }

  private static Json.Object lists(Path file) {
    var text = SourceText.of(file, "settings");
    try {
      if (Json.parse(text) instanceof Json.Object settings
          && settings.get("permissions").orElse(null) instanceof Json.Object lists) {
        return lists;
      }
    } catch (IllegalArgumentException noJson) {
      throw new IllegalArgumentException(file + " is no JSON: " + noJson.getMessage(), noJson);
    }
    throw new IllegalArgumentException(file + " has no object named permissions");
  }

  private static Stream<String> rules(Path file, Json.Object lists, String name, Path home) {
    return switch (lists.get(name).orElse(null)) {
      case null -> Stream.empty();
      case Json.Array(var items) when items.stream().allMatch(Json.Text.class::isInstance) ->
          items.stream().map(item -> ours(((Json.Text) item).value(), home));
      default ->
          throw new IllegalArgumentException(
              "permissions.%s of %s is to be a list of rules".formatted(name, file));
    };
  }

  private static String ours(String rule, Path home) {
    return rule.replaceFirst("\\(//", "(/")
        .replaceFirst("\\(~/", Matcher.quoteReplacement("(" + home + "/"));
  }
}
