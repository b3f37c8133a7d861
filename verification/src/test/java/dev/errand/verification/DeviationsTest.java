package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/// The page on what differs from STATEK leaves nothing out, and names tests that there are.
class DeviationsTest {
  private static final Page PAGE = Page.of("docs/deviations.md");

  /// How many cases there are of each letter.
  private static final Map<String, Integer> CASES =
      Map.of("T", 125, "N", 11, "D", 10, "R", 1, "S", 2, "WU", 7, "F", 1, "A", 9, "P", 14, "E", 19);

  @Test
  void every_case_has_one_line() {
    assertThat(Cases.numbers(PAGE.table("cases")))
        .containsExactlyInAnyOrderElementsOf(
            CASES.entrySet().stream()
                .flatMap(letter -> Cases.range(letter.getKey(), 1, letter.getValue()))
                .toList());
  }

  @Test
  void every_weak_point_has_one_line() {
    assertThat(Cases.numbers(PAGE.table("number")))
        .containsExactlyElementsOf(Cases.range("W", 1, 33).toList());
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
    Cases.assertThatTestsExist(PAGE, 50);
  }
}
