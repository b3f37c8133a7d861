package dev.errand.agents;

import dev.errand.job.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/*
 * What a command line runs, for rules to judge: simple commands, each with its words as the shell would pass them on.
 *
 * It knows quotes and what separates commands, and gives up on all else by which a shell may run or write something that
 * does not stand there word for word: substitutions, redirections, groups, assignments, expansions where a command is named,
 * and programs that run what they are given. A line that it gives up on is judged by no pattern, so it never makes a call
 * allowed that would not be without it.
 */
/// Reads one command line. Used once, by one thread.
final class SimpleCommands {
  private static final Pattern HARMLESS =
      Pattern.compile("[12]?>(&[12]|[ \\t]*/dev/null)(?=[ \\t\n;&|]|$)");
  private static final Pattern NAMED = Pattern.compile("[A-Za-z0-9_./+-]+");
  private static final Set<String> RUNNING_OTHERS =
      Set.of(
          ".",
          "bash",
          "builtin",
          "case",
          "command",
          "coproc",
          "dash",
          "do",
          "doas",
          "elif",
          "else",
          "env",
          "eval",
          "exec",
          "fi",
          "find",
          "for",
          "function",
          "if",
          "ionice",
          "ksh",
          "nice",
          "nohup",
          "parallel",
          "select",
          "setsid",
          "sh",
          "source",
          "ssh",
          "stdbuf",
          "sudo",
          "then",
          "time",
          "timeout",
          "trap",
          "until",
          "watch",
          "while",
          "xargs",
          "zsh",
          "busybox",
          "chroot",
          "chrt",
          "flock",
          "ltrace",
          "script",
          "strace",
          "su",
          "taskset",
          "unshare",
          "alias",
          "bind",
          "compgen",
          "complete",
          "declare",
          "enable",
          "export",
          "getopts",
          "hash",
          "let",
          "local",
          "mapfile",
          "read",
          "readarray",
          "readonly",
          "set",
          "shopt",
          "typeset",
          "wait");

  /// Those that evaluate an argument if it looks like an element of an array.
  private static final Set<String> EVALUATING = Set.of("printf", "test", "unset");

  private final String line;
  private final List<Rule.Subject> commands = new ArrayList<>();
  private final List<String> words = new ArrayList<>();
  private final StringBuilder word = new StringBuilder();
  private boolean inWord;
  private int at;

  private SimpleCommands(String line) {
    this.line = line;
  }

  /// The commands of a line; empty if that cannot be said.
  static List<Rule.Subject> of(String line) {
    return new SimpleCommands(line).read().orElse(List.of());
  }

  private Optional<List<Rule.Subject>> read() {
    while (at < line.length()) {
      char c = line.charAt(at++);
      boolean isUnderstood =
          switch (c) {
            case ' ', '\t' -> endWord();
            case ';', '&', '|', '\n' -> endCommand();
            case '1', '2', '>' -> inWord ? c != '>' && append(c) : redirected(c);
            case '#' -> inWord ? append(c) : comment();
            case '\'' -> quoted();
            case '"' -> inQuotes();
            case '\\' -> escaped();
            case '`', '<', '(', ')', '{', '}' -> false;
            case '$' -> !words.isEmpty() && isPlainVariable() && append(c);
            default -> append(c);
          };
      if (!isUnderstood) {
        return Optional.empty();
      }
    }
    return endCommand() ? Optional.of(commands) : Optional.empty();
  }

  private boolean append(char c) {
    word.append(c);
    inWord = true;
    return true;
  }

  /// Whether what follows `$` is a name, which stands for text and for nothing that is run.
  private boolean isPlainVariable() {
    return at < line.length()
        && (Character.isLetterOrDigit(line.charAt(at)) || line.charAt(at) == '_');
  }

  /// Output that goes nowhere, or where the rest goes, is written nowhere else.
  private boolean redirected(char c) {
    var harmless = HARMLESS.matcher(line).region(at - 1, line.length());
    if (harmless.lookingAt()) {
      at = harmless.end();
      return true;
    }
    return c != '>' && append(c);
  }

  private boolean comment() {
    int end = line.indexOf('\n', at);
    at = end < 0 ? line.length() : end;
    return true;
  }

  private boolean quoted() {
    int end = line.indexOf('\'', at);
    if (end < 0) {
      return false;
    }
    word.append(line, at, end);
    inWord = true;
    at = end + 1;
    return true;
  }

  private boolean inQuotes() {
    inWord = true;
    while (at < line.length()) {
      char c = line.charAt(at++);
      if (c == '"') {
        return true;
      }
      if (c == '`' || (c == '$' && (words.isEmpty() || !isPlainVariable()))) {
        return false;
      }
      if (c == '\\' && at < line.length() && "\"\\$`\n".indexOf(line.charAt(at)) >= 0) {
        c = line.charAt(at++);
        if (c == '\n') {
          continue;
        }
      }
      word.append(c);
    }
    return false;
  }

  /// A line that ends with a backslash goes on in the next, but not in a comment or single quotes.
  private boolean escaped() {
    if (at >= line.length()) {
      return false;
    }
    char c = line.charAt(at++);
    return c == '\n' || append(c);
  }

  private boolean endWord() {
    if (inWord) {
      words.add(word.toString());
      word.setLength(0);
      inWord = false;
    }
    return true;
  }

  private boolean endCommand() {
    endWord();
    if (words.isEmpty()) {
      return true;
    }
    var named = words.getFirst();
    var program = named.substring(named.lastIndexOf('/') + 1);
    boolean isEvaluated =
        EVALUATING.contains(program) && words.stream().anyMatch(one -> one.contains("["));
    if (!NAMED.matcher(named).matches() || RUNNING_OTHERS.contains(program) || isEvaluated) {
      return false;
    }
    commands.add(Rule.Subject.text(String.join(" ", words)));
    words.clear();
    return true;
  }
}
