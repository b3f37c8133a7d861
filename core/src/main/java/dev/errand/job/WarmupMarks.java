package dev.errand.job;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// STATEK's marks in warm-up code: `#STATEK: as tool` at the end of a line, and `#STATEK: name =
/// literal` on a line of its own.
final class WarmupMarks {
  private static final Pattern MARK = Pattern.compile("^(.*?)#\\s*STATEK:(.*)$");
  private static final Pattern SETTING =
      Pattern.compile(
          "([A-Za-z_]\\w*)\\s*=\\s*(True|False|None|[-+]?\\d+(?:\\.\\d*)?(?:[eE][-+]?\\d+)?|\"[^\"]*\"|'[^']*')");
  private static final String AS_TOOL = "as tool";

  private WarmupMarks() {}

  /// One line's mark.
  private record Mark(int line, boolean isAlone, String text) {
    Optional<String> value(String name) {
      var setting = SETTING.matcher(text);
      return isAlone && setting.matches() && setting.group(1).equals(name)
          ? Optional.of(setting.group(2))
          : Optional.empty();
    }

    boolean isKnown() {
      return isAlone ? SETTING.matcher(text).matches() : text.equals(AS_TOOL);
    }
  }

  /// @throws IllegalArgumentException if there is another mark than those
  static void check(String source) {
    marks(source)
        .filter(mark -> !mark.isKnown())
        .findFirst()
        .ifPresent(
            mark -> {
              throw new IllegalArgumentException(
                  """
                  Line %d of the warm-up code has a mark that is none: #STATEK: %s. Write #STATEK: as tool at the end of a line, \
                  or #STATEK: name = value on a line of its own, with text, a number, True, False or None.\
                  """
                      .formatted(mark.line(), mark.text()));
            });
  }

  /// Whether a mark says that no model is shown what comes of the code.
  static boolean isHidden(String source) {
    return marks(source).anyMatch(mark -> mark.value("hidden").equals(Optional.of("True")));
  }

  private static Stream<Mark> marks(String source) {
    if (!source.contains("STATEK:")) {
      return Stream.of();
    }
    List<String> lines = source.lines().toList();
    return IntStream.range(0, lines.size())
        .boxed()
        .flatMap(n -> mark(n + 1, lines.get(n)).stream());
  }

  private static Optional<Mark> mark(int number, String line) {
    var mark = MARK.matcher(line);
    return mark.matches()
        ? Optional.of(new Mark(number, mark.group(1).isBlank(), mark.group(2).strip()))
        : Optional.empty();
  }
}
