package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The page on the tool `SubTask` leaves no case of its specification out, and names tests that
/// there are.
class SubTaskToolPageTest {
  private static final Page PAGE = Page.of("docs/subtask-tool.md");
  private static final int CASES = 75;

  /// The numbers of both letters are one row.
  @Test
  void every_case_has_one_line() {
    assertThat(Cases.numbers(PAGE.table("cases")))
        .extracting(name -> Integer.parseInt(name.substring(1)))
        .containsExactlyElementsOf(IntStream.rangeClosed(1, CASES).boxed().toList());
  }

  @Test
  void every_case_has_a_test_or_a_reason() {
    assertThat(PAGE.table("cases").body())
        .allSatisfy(
            row -> assertThat(row.get(2)).matches("(?s).*(Test|there is no|none yet|left out).*"));
  }

  @Test
  void every_test_that_it_names_is_there() {
    Cases.assertThatTestsExist(PAGE, 50);
  }
}
