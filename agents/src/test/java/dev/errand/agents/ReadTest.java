package dev.errand.agents;

import static dev.errand.agents.Calling.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadTest {
  @TempDir Path folder;
  private ToolFunction read;

  @BeforeEach
  void tool() {
    read = Toolbox.in(folder).tool("Read");
  }

  private void file(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private static String lines(int from, int to) {
    return IntStream.rangeClosed(from, to)
        .mapToObj(i -> "line " + i)
        .collect(Collectors.joining("\n", "", "\n"));
  }

  @Test
  void it_changes_nothing_and_says_what_its_parameters_are() {
    assertThat(read.policy()).isEqualTo(EffectPolicy.READ_ONLY);
    assertThat(read.parameters()).containsExactly("path", "offset?", "limit?");
    assertThat(read.spec().properties().print()).contains("default 1", "\"integer\"");
  }

  @Test
  void lines_have_their_numbers() throws Exception {
    file("a.txt", "one\ntwo\n\nfour");

    assertThat(call(read, "path", "a.txt"))
        .isEqualTo("     1\tone\n     2\ttwo\n     3\t\n     4\tfour");
  }

  @Test
  void ends_of_lines_and_a_byte_order_mark_are_no_part_of_them() throws Exception {
    file("a.txt", "\uFEFFone\r\ntwo\r\n");

    assertThat(call(read, "path", "a.txt")).isEqualTo("     1\tone\n     2\ttwo");
  }

  @Test
  void a_part_says_how_to_read_on() throws Exception {
    file("a.txt", lines(1, 10));

    assertThat(call(read, "path", "a.txt", "offset", 4, "limit", 2))
        .isEqualTo(
            "     4\tline 4\n     5\tline 5\n"
                + "[Lines 4 to 5. The file goes on: call Read with offset=6.]");
    assertThat(call(read, "path", "a.txt", "offset", 9, "limit", 2))
        .isEqualTo("     9\tline 9\n    10\tline 10");
  }

  @Test
  void there_are_no_more_than_two_thousand_lines() throws Exception {
    file("a.txt", "x\n".repeat(2_500));

    assertThat(call(read, "path", "a.txt", "limit", 9_999))
        .endsWith("call Read with offset=2001.]");
  }

  @Test
  void there_are_no_more_than_thirty_thousand_characters() throws Exception {
    file("a.txt", ("x".repeat(999) + "\n").repeat(100));

    var shown = call(read, "path", "a.txt");

    assertThat(shown).hasSizeBetween(29_000, 30_200).endsWith("call Read with offset=30.]");
  }

  @Test
  void a_long_line_is_cut_and_what_is_left_out_is_counted() throws Exception {
    file("a.txt", "é".repeat(2_100) + "\nnext");

    assertThat(call(read, "path", "a.txt"))
        .contains("é".repeat(2_000) + " … [100 more characters]\n     2\tnext");
  }

  @Test
  void no_character_is_cut_in_two() throws Exception {
    file("a.txt", "x" + "😀".repeat(2_000));

    assertThat(call(read, "path", "a.txt"))
        .isEqualTo("     1\tx" + "😀".repeat(999) + " … [2,002 more characters]");
  }

  @Test
  void an_empty_file_and_one_that_ends_before_are_told() throws Exception {
    file("empty.txt", "");
    file("a.txt", "one");

    assertThat(call(read, "path", "empty.txt")).isEqualTo("[The file is empty.]");
    assertThat(call(read, "path", "a.txt", "offset", 5)).isEqualTo("[The file has only 1 lines.]");
  }

  @Test
  void what_is_no_text_is_refused() throws Exception {
    Files.write(folder.resolve("a.bin"), new byte[] {1, 2, 0, 3});
    Files.createDirectories(folder.resolve("docs"));

    assertThatThrownBy(() -> call(read, "path", "a.bin"))
        .hasMessageContaining("a binary file of 4 bytes");
    assertThatThrownBy(() -> call(read, "path", "docs"))
        .hasMessageContaining("Glob lists the files");
    assertThatThrownBy(() -> call(read, "path", "none.txt"))
        .hasMessageContaining("There is no ")
        .hasMessageContaining("none.txt");
  }

  @Test
  void numbers_below_one_are_refused() throws IOException {
    file("a.txt", "one");

    assertThatThrownBy(() -> call(read, "path", "a.txt", "offset", 0))
        .hasMessageContaining("from 1 on");
  }

  @Test
  void a_reader_that_is_interrupted_ends() throws IOException {
    file("a.txt", "one");
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> call(read, "path", "a.txt")).isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
  }
}
