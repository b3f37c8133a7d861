package dev.errand.cli;

import dev.errand.agents.SettingsFile;
import dev.errand.agents.Times;
import dev.errand.job.Permissions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Rules for the tools of agents, beside those of their files.
final class PermissionOptions {
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
      return List.of(asked(), given(surroundings));
    } catch (IllegalArgumentException wrong) {
      throw Refusal.usage(String.valueOf(wrong.getMessage()));
    }
  }

  private Permissions given(Surroundings surroundings) {
    var home = surroundings.variable("HOME");
    return file == null
        ? Permissions.ALL
        : SettingsFile.read(surroundings.file(file), Path.of(home == null ? "/nonexistent" : home));
  }

  private Permissions asked() {
    var rules = Permissions.ALL.ask(ask.toArray(String[]::new)).deny(deny.toArray(String[]::new));
    return within == null ? rules : rules.answerWithin(Times.of(within));
  }
}
