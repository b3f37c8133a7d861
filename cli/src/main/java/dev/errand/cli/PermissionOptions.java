package dev.errand.cli;

import dev.errand.job.Json;
import dev.errand.job.Permissions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Rules for the tools of agents, beside those of their files.
final class PermissionOptions {
  private static final Pattern TIME = Pattern.compile("(\\d{1,6})\\s*([smhd])");

  @Option(
      names = "--ask",
      paramLabel = "RULE",
      description =
          "Have a person asked before such calls of tools: a tool, or a tool and a pattern, as in"
              + " Bash or Write(src/**). errand inbox and errand answer do the rest.")
  List<String> ask = new ArrayList<>();

  @Option(names = "--deny", paramLabel = "RULE", description = "Have such calls of tools not made.")
  List<String> deny = new ArrayList<>();

  @Option(
      names = "--permissions",
      paramLabel = "FILE",
      description = "Rules from a file: the JSON of Claude Code's settings.")
  @Nullable String file;

  @Option(
      names = "--answer-within",
      paramLabel = "DURATION",
      description =
          "How long a question waits for its answer, such as 8h; default as the job lives.")
  @Nullable String within;

  /// These options as they were given, each after a space.
  String asGiven() {
    var words = new StringBuilder();
    ask.forEach(rule -> AgentOptions.add(words, "--ask", rule));
    deny.forEach(rule -> AgentOptions.add(words, "--deny", rule));
    if (file != null) {
      AgentOptions.add(words, "--permissions", file);
    }
    if (within != null) {
      AgentOptions.add(words, "--answer-within", within);
    }
    return words.toString();
  }

  /// The rules.
  ///
  /// @throws Refusal if they cannot be read
  List<Permissions> rules(Surroundings surroundings) {
    try {
      var given = Permissions.ALL.ask(ask.toArray(String[]::new)).deny(deny.toArray(String[]::new));
      var read = file == null ? Permissions.ALL : read(surroundings, surroundings.file(file));
      return Stream.of(given, read).map(this::limited).toList();
    } catch (IllegalArgumentException wrong) {
      throw Refusal.usage(String.valueOf(wrong.getMessage()));
    }
  }

  private Permissions limited(Permissions rules) {
    return within == null || !rules.mayAsk() ? rules : rules.answerWithin(time(within));
  }

  private static Duration time(String text) {
    var form = TIME.matcher(text.strip());
    if (!form.matches() || Long.parseLong(form.group(1)) == 0) {
      throw Refusal.usage("--answer-within is a time such as 90s, 30m, 8h or 7d, and not " + text);
    }
    long amount = Long.parseLong(form.group(1));
    return switch (form.group(2)) {
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }

  private static Permissions read(Surroundings surroundings, Path path) {
    var rules = lists(path);
    var home = surroundings.variable("HOME");
    UnaryOperator<String> ours =
        rule ->
            rule.replaceFirst("\\(//", "(/")
                .replaceFirst("\\(~/", Matcher.quoteReplacement("(" + home + "/"));
    return Permissions.ALL
        .allow(rules(rules, "allow", path).map(ours).toArray(String[]::new))
        .ask(ofEditors(rules(rules, "ask", path).map(ours)))
        .deny(ofEditors(rules(rules, "deny", path).map(ours)));
  }

  /// What such a file says of Edit it says of all tools that change files.
  private static String[] ofEditors(Stream<String> rules) {
    return rules
        .flatMap(
            rule ->
                rule.matches("(?s)Edit(\\(.*)?")
                    ? Stream.of(rule, rule.replaceFirst("Edit", "Write"))
                    : Stream.of(rule))
        .toArray(String[]::new);
  }

  private static Json.Object lists(Path path) {
    try {
      var text = Files.readString(path, StandardCharsets.UTF_8);
      if (Json.parse(text) instanceof Json.Object settings
          && settings.get("permissions").orElse(null) instanceof Json.Object lists) {
        return lists;
      }
      throw new IllegalArgumentException(path + " has no object named permissions");
    } catch (IOException unreadable) {
      throw new IllegalArgumentException(path + " cannot be read: " + unreadable, unreadable);
    }
  }

  private static Stream<String> rules(Json.Object lists, String name, Path path) {
    return switch (lists.get(name).orElse(null)) {
      case null -> Stream.empty();
      case Json.Array(var items) when items.stream().allMatch(Json.Text.class::isInstance) ->
          items.stream().map(item -> ((Json.Text) item).value());
      default ->
          throw new IllegalArgumentException(
              "permissions.%s of %s is to be a list of rules".formatted(name, path));
    };
  }
}
