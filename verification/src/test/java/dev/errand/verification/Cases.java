package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Pages that say which test shows which case of a specification.
final class Cases {
  private static final Pattern RANGE = Pattern.compile("([A-Z]+)(\\d+)(?:–[A-Z]+(\\d+))?");
  private static final Pattern TEST = Pattern.compile("`(\\w+Test)(?:\\.(\\w+))?`");

  private Cases() {}

  /// The cases that the rows of a table are about, such as `T1`, in its order.
  static List<String> numbers(Page.Table table) {
    return table.names().stream()
        .flatMap(names -> RANGE.matcher(names).results())
        .flatMap(
            range -> {
              int first = Integer.parseInt(range.group(2));
              var last = range.group(3);
              return range(range.group(1), first, last == null ? first : Integer.parseInt(last));
            })
        .toList();
  }

  static Stream<String> range(String letter, int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(number -> letter + number);
  }

  /// Every test that the page names is there, and there are more than so many.
  static void assertThatTestsExist(Page page, int least) {
    var sources = sources();
    var named = TEST.matcher(String.join("\n", page.lines())).results().toList();
    assertThat(named).hasSizeGreaterThan(least);
    assertThat(named)
        .allSatisfy(
            test -> {
              assertThat(sources).containsKey(test.group(1));
              if (test.group(2) != null) {
                assertThat(sources.get(test.group(1))).contains(" " + test.group(2) + "(");
              }
            });
  }

  /// The text of every test class, by its name.
  private static Map<String, String> sources() {
    try (var files = Files.walk(Page.ROOT)) {
      return files
          .filter(file -> file.toString().endsWith("Test.java"))
          .collect(
              Collectors.toMap(
                  file -> file.getFileName().toString().replace(".java", ""),
                  Cases::read,
                  (one, other) -> one + other));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
