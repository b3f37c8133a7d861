package dev.errand.agents;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/// A pattern of paths such as `src/**/*.java`, where `**/` stands for any number of folders, none
/// too.
///
/// @param start the folders that it begins with by name; empty for none
/// @param levels how deep below these a match can be
/// @param matchers of which one matches, from the start on
record GlobPattern(String start, int levels, List<PathMatcher> matchers) {
  private static final int MOST_DOUBLE_STARS = 6;

  /// @throws IllegalArgumentException if it is no pattern
  static GlobPattern of(String pattern) {
    var plain = pattern.replaceFirst("^(\\./+)+", "");
    int cut = 0;
    for (int at = plain.indexOf('/'); at >= 0; at = plain.indexOf('/', at + 1)) {
      if (!plain.substring(cut, at).matches("[^*?\\[\\]{}\\\\]*")) {
        break;
      }
      cut = at + 1;
    }
    var rest = plain.substring(cut);
    int levels = rest.contains("**") ? Integer.MAX_VALUE : rest.split("/", -1).length;
    return new GlobPattern(plain.substring(0, cut), levels, matchers(rest, pattern));
  }

  private static List<PathMatcher> matchers(String rest, String pattern) {
    if (rest.isEmpty() || rest.split("\\*\\*/", -1).length > MOST_DOUBLE_STARS + 1) {
      throw refused(pattern, "it should be a path with * or **, such as src/**/*.java", null);
    }
    try {
      return variants(rest, 0)
          .distinct()
          .map(variant -> FileSystems.getDefault().getPathMatcher("glob:" + variant))
          .toList();
    } catch (PatternSyntaxException unreadable) {
      throw refused(pattern, unreadable.getDescription(), unreadable);
    }
  }

  /// The pattern with each of its `**/` kept or left out.
  private static Stream<String> variants(String pattern, int from) {
    int at = pattern.indexOf("**/", from);
    return at < 0
        ? Stream.of(pattern)
        : Stream.concat(
            variants(pattern, at + 3),
            variants(pattern.substring(0, at) + pattern.substring(at + 3), at));
  }

  private static IllegalArgumentException refused(
      String pattern, String why, @org.jspecify.annotations.Nullable Exception cause) {
    return new IllegalArgumentException("'" + pattern + "' is no pattern of paths: " + why, cause);
  }

  /// Whether a path matches, which is from the start on.
  boolean matches(Path path) {
    return matchers.stream().anyMatch(matcher -> matcher.matches(path));
  }
}
