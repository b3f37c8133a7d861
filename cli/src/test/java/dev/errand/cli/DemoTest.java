package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `errand demo`, on a folder of three files.
class DemoTest {
  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));

  @BeforeEach
  void write_files() {
    shell =
        new Shell(directory)
            .file("in/guide.md", "# Guide\n\nApples and apples. The pears need to be bought.\n")
            .file("in/deep/notes.txt", "See https://example.org/notes for more apples.\n")
            .file(
                "in/deep/code.md", "# Code\n\n```python\nANSWER = 1\n```\n\n[Guide](../guide.md)\n")
            .file("in/ignored.py", "print('no text')\n");
  }

  @Test
  void every_text_file_is_analysed_in_a_child_and_the_report_is_written() throws IOException {
    var said = shell.errand("demo", "--input", "in", "--out", "out/report.md");

    assertThat(said.code()).isZero();
    var path = directory.resolve("out/report.md");
    assertThat(said.out()).contains("3 files, one child job for each\n", "report: " + path);
    assertThat(said.err()).contains("deep/notes.txt done (", "with 3 children");
    assertThat(Files.readString(path))
        .contains("# What the files say", "| guide.md | 1 |", "apples (3)")
        .contains("The pears need to be bought.", "https://example.org/notes", "../guide.md")
        .doesNotContain("ANSWER = 1", "ignored.py");
  }

  @Test
  void a_file_that_is_no_text_is_named_in_the_report() throws IOException {
    Files.write(directory.resolve("in/binary.txt"), new byte[] {(byte) 0xff, 0});

    var said = shell.errand("demo", "--input", "in");

    assertThat(said.code()).isZero();
    assertThat(Files.readString(directory.resolve("errand-report.md")))
        .contains("## Files that could not be read", "binary.txt");
  }

  @Test
  void a_folder_without_text_fails_with_what_was_looked_for() throws IOException {
    Files.createDirectory(directory.resolve("empty"));

    var said = shell.errand("demo", "--input", "empty");

    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err()).contains("There are no files like **/*.md, **/*.txt");
  }

  @Test
  void a_killed_worker_loses_nothing_and_repeats_nothing() throws IOException {
    for (int i = 0; i < 6; i++) {
      shell.file("in/more/file" + i + ".md", "# File " + i + "\n\nSome words.\n");
    }

    var said = shell.errand("demo", "--crash", "--input", "in", "--quiet");

    assertThat(said.err()).isEmpty();
    assertThat(said.code()).isZero();
    assertThat(said.out())
        .containsPattern("killed process \\d+ with SIGKILL, and its \\d+ Python processes ended")
        .containsPattern(
            "committed by then: \\d children, [1-8] done, \\d under way, \\d not begun")
        .contains("✓ none of the 9 children was lost")
        .contains("✓ each ended once, and its parent was told once")
        .contains("✓ none ran to its end twice")
        .doesNotContain("NOT TRUE");
    assertThat(Files.readString(directory.resolve("errand-report.md"))).contains("9 files, ");
  }
}
