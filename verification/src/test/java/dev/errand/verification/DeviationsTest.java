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
import org.junit.jupiter.api.Test;

/// The page on what differs from STATEK leaves nothing out, and names tests that there are.
class DeviationsTest {
  private static final Page PAGE = Page.of("docs/deviations.md");
  private static final Pattern RANGE = Pattern.compile("([A-Z]+)(\\d+)(?:–[A-Z]+(\\d+))?");
  private static final Pattern TEST = Pattern.compile("`(\\w+Test)(?:\\.(\\w+))?`");

  /// How many cases there are of each letter.
  private static final Map<String, Integer> CASES =
      Map.of("T", 125, "N", 11, "D", 10, "R", 1, "S", 2, "WU", 7, "F", 1, "A", 9, "P", 14, "E", 19);

  @Test
  void every_case_has_one_line() {
    assertThat(numbers(PAGE.table("cases")))
        .containsExactlyInAnyOrderElementsOf(
            CASES.entrySet().stream()
                .flatMap(letter -> range(letter.getKey(), 1, letter.getValue()))
                .toList());
  }

  @Test
  void every_weak_point_has_one_line() {
    assertThat(numbers(PAGE.table("number"))).containsExactlyElementsOf(range("W", 1, 33).toList());
  }

  private static List<String> numbers(Page.Table table) {
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

  private static Stream<String> range(String letter, int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(number -> letter + number);
  }

  @Test
  void every_case_is_kept_or_adapted_or_changed_or_missing() {
    assertThat(PAGE.table("cases").body())
        .allSatisfy(
            row -> {
              assertThat(row.get(2)).matches("(kept|adapted|changed|missing)\\b.*");
              assertThat(row.get(3).isEmpty())
                  .as("%s", row)
                  .isEqualTo(row.get(2).startsWith("missing"));
            });
  }

  @Test
  void every_test_that_it_names_is_there() {
    var sources = sources();
    var named = TEST.matcher(String.join("\n", PAGE.lines())).results().toList();
    assertThat(named).hasSizeGreaterThan(50);
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
                  DeviationsTest::read,
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
