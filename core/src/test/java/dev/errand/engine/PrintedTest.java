package dev.errand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintedTest {
  private static Printed overtaken(String text) {
    return Printed.from(3).next(3).with(text, true).overtaken();
  }

  @Test
  void what_an_overtaken_pass_printed_counts_once_when_it_is_printed_again_in_pieces() {
    var printed = overtaken("one two");
    assertThat(printed.same("one ")).isEqualTo(4);
    printed = printed.with("one ", true);
    assertThat(printed.same("two three")).isEqualTo(3);
    assertThat(printed.left("two three")).isZero();
    assertThat(printed.with("two three", true).again()).isEmpty();
  }

  @Test
  void from_the_first_difference_on_all_is_new_and_the_rest_of_the_old_is_given_up() {
    var printed = overtaken("pass 0\n");
    assertThat(printed.same("pass 100\n")).isEqualTo(5);
    assertThat(printed.left("pass 100\n")).isEqualTo(2);
    assertThat(printed.with("pass 100\n", true).again()).isEmpty();
  }

  @Test
  void the_replay_begins_where_the_code_first_looked_also_when_it_is_overtaken_twice() {
    var printed = overtaken("one two").with("one ", true).overtaken();
    assertThat(printed.settled()).isEqualTo(3);
    assertThat(printed.again()).isEqualTo("one two");
    assertThat(printed.next(3 + 7).settled()).isEqualTo(3);
  }

  @Test
  void what_was_printed_without_a_look_is_not_remembered() {
    assertThat(Printed.from(0).with("text", false).overtaken().again()).isEmpty();
  }
}
