package dev.errand.job;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which calls of which tools a permission is about, written `Tool` or `Tool(pattern)`.
///
/// `Tool` is a tool's name or the other name that permissions know it by, such as
/// `mcp__github__create_issue`; `*` stands for any characters, and `mcp__github` for all tools of
/// that server. Without a pattern the rule is about all its calls. A pattern is compared with what
/// the tool says that a call is about:
///
/// | pattern | of what | is about |
/// |---|---|---|
/// | `git diff:*` | a text | what is `git diff`, or begins with it and a space |
/// | `git *` | a text | `*` stands for any characters |
/// | `src/*`, `src/**` | a path | `*` stands for any characters but `/`, `**` for any; relative to the tool's directory |
///
/// @param tool which tools
/// @param pattern which calls; null for all
public record Rule(String tool, @Nullable String pattern) {
  private static final Pattern FORM =
      Pattern.compile("([A-Za-z_*][A-Za-z0-9_*.-]*)(?:\\((.*)\\))?", Pattern.DOTALL);
  private static final String PREFIX = ":*";
  private static final String IN_PATH = "[^/]*";

  public Rule {
    if (pattern != null && pattern.isBlank()) {
      throw new IllegalArgumentException(
          "'" + tool + "(" + pattern + ")' has an empty pattern; write " + tool + " for all calls");
    }
  }

  /// Reads one.
  ///
  /// @throws IllegalArgumentException if it is none
  public static Rule of(String text) {
    var form = FORM.matcher(text.strip());
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "'%s' is no rule; write a tool, as in Bash, or a tool and a pattern, as in Bash(git diff:*)"
              .formatted(text));
    }
    var pattern = form.group(2);
    return new Rule(form.group(1), pattern == null || pattern.equals("*") ? null : pattern);
  }

  /// Whether it is about tools of that name.
  public boolean isAbout(String name) {
    return glob(tool, ".*").matcher(name).matches()
        || (tool.startsWith("mcp__") && name.startsWith(tool + "__"));
  }

  /// Whether it is about a call of which that is what the call is about.
  public boolean matches(Subject subject) {
    if (pattern == null) {
      return true;
    }
    if (!subject.isPath() && pattern.endsWith(PREFIX)) {
      var prefix = pattern.substring(0, pattern.length() - PREFIX.length());
      return subject.text().equals(prefix) || subject.text().startsWith(prefix + " ");
    }
    var compared = pattern.startsWith("./") && subject.isPath() ? pattern.substring(2) : pattern;
    return glob(compared, subject.isPath() ? IN_PATH : ".*").matcher(subject.text()).matches();
  }

  /// What stands for `**` is anything, what stands for `*` is `star`.
  private static Pattern glob(String text, String star) {
    var regex = new StringBuilder();
    for (int n = 0; n < text.length(); n++) {
      char c = text.charAt(n);
      if (text.startsWith("**/", n) && star.equals(IN_PATH)) {
        regex.append("(?:.*/)?"); // which may be none: **/x is also x
        n += 2;
      } else if (text.startsWith("**", n)) {
        regex.append(".*");
        n++;
      } else if (c == '*') {
        regex.append(star);
      } else {
        regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }

  /// As it was written.
  @Override
  public String toString() {
    return pattern == null ? tool : tool + "(" + pattern + ")";
  }

  /// One thing that a call is about.
  ///
  /// @param text a command, an address, a path relative to the tool's directory where it is below
  ///   that, and so on
  /// @param isPath whether it is a path, in which `*` stops at `/`
  public record Subject(String text, boolean isPath) {
    /// A text.
    public static Subject text(String text) {
      return new Subject(text, false);
    }

    /// A path, with `/` between its parts.
    public static Subject path(String path) {
      return new Subject(path, true);
    }
  }
}
