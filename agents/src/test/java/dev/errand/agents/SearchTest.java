package dev.errand.agents;

import static dev.errand.agents.Calling.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.ToolFunction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The tools `Glob` and `Grep`.
class SearchTest {
  @TempDir Path folder;
  @TempDir Path elsewhere;
  private ToolFunction glob;
  private ToolFunction grep;

  @BeforeEach
  void files() throws IOException {
    folder = folder.toRealPath();
    glob = Toolbox.in(folder).tool("Glob");
    grep = Toolbox.in(folder).tool("Grep");
    file("a.md", "# Title\nsome words\nneedle first\n");
    file("b.txt", "nothing here\n");
    file("src/Main.java", "class Main {\n  int one;\n  int two;\n  int three;\n}\n");
    file("src/deep/er/Other.java", "class Other {\n  int one;\n}\n");
    file(".git/config", "needle never\n");
    file(".errand/changes/mark", "needle never\n");
    Files.write(
        folder.resolve("picture.bin"),
        "needle\0".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    Files.writeString(elsewhere.resolve("secret.md"), "needle secret\n");
    Files.createSymbolicLink(folder.resolve("link.md"), elsewhere.resolve("secret.md"));
    Files.createSymbolicLink(folder.resolve("away"), elsewhere);
  }

  private void file(String name, String text) throws IOException {
    var file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void changed(String name, long seconds) throws IOException {
    Files.setLastModifiedTime(folder.resolve(name), FileTime.fromMillis(seconds * 1000));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          *.md                | a.md
          ./*.md              | a.md
          **/*.md             | a.md
          **/*.java           | src/Main.java src/deep/er/Other.java
          src/**/*.java       | src/Main.java src/deep/er/Other.java
          src/*.java          | src/Main.java
          src/**/er/*.java    | src/deep/er/Other.java
          **/deep/**/*.java   | src/deep/er/Other.java
          *.{md,txt}          | a.md b.txt
          src/deep/er/Other.java | src/deep/er/Other.java
          [ab].*              | a.md b.txt
          """)
  void a_pattern_finds_the_files_that_a_shell_would(String pattern, String found) throws Exception {
    assertThat(call(glob, "pattern", pattern).lines()).containsExactlyInAnyOrder(found.split(" "));
  }

  @Test
  void files_changed_last_come_first() throws Exception {
    changed("a.md", 100);
    changed("b.txt", 300);
    changed("src/Main.java", 200);
    changed("src/deep/er/Other.java", 200);

    assertThat(call(glob, "pattern", "**/*.{md,txt,java}").lines())
        .containsExactly("b.txt", "src/Main.java", "src/deep/er/Other.java", "a.md");
  }

  @Test
  void a_pattern_is_matched_from_the_folder_that_is_given() throws Exception {
    assertThat(call(glob, "pattern", "**/O*", "path", "src/deep"))
        .isEqualTo("src/deep/er/Other.java");
    assertThat(call(glob, "pattern", folder + "/src/*.java")).isEqualTo("src/Main.java");
  }

  @Test
  void what_is_beyond_a_thousand_files_is_counted() throws Exception {
    for (int i = 0; i < 1_003; i++) {
      file("many/" + i, "");
    }

    assertThat(call(glob, "pattern", "many/*").lines())
        .hasSize(1_001)
        .last()
        .asString()
        .contains("3 more files were left out");
  }

  @Test
  void patterns_that_find_nothing_or_are_none_are_told() throws Exception {
    assertThat(call(glob, "pattern", "*.none")).startsWith("[No file matches *.none");
    assertThatThrownBy(() -> call(glob, "pattern", "a{b"))
        .hasMessageContaining("no pattern of paths");
    assertThatThrownBy(() -> call(glob, "pattern", "**/".repeat(9) + "*"))
        .hasMessageContaining("no pattern of paths");
    assertThatThrownBy(() -> call(glob, "pattern", "../*")).hasMessageContaining("outside");
    assertThatThrownBy(() -> call(glob, "pattern", "*", "path", "away"))
        .hasMessageContaining("outside");
    assertThatThrownBy(() -> call(glob, "pattern", "*", "path", "none"))
        .hasMessageContaining("no folder none");
  }

  @Test
  void lines_that_match_are_shown_with_file_and_number() throws Exception {
    assertThat(call(grep, "pattern", "int (one|two)"))
        .isEqualTo(
            """
            src/Main.java:2:  int one;
            src/Main.java:3:  int two;
            src/deep/er/Other.java:2:  int one;\
            """);
  }

  @Test
  void links_binary_files_and_folders_of_git_and_errand_are_left_out() throws Exception {
    assertThat(call(grep, "pattern", "needle")).isEqualTo("a.md:3:needle first");
    assertThat(call(glob, "pattern", "**/*")).doesNotContain("link", "secret", ".git", ".errand");
  }

  @Test
  void paths_or_counts_are_shown_where_they_are_asked_for() throws Exception {
    assertThat(call(grep, "pattern", "int", "output_mode", "files"))
        .isEqualTo("src/Main.java\nsrc/deep/er/Other.java");
    assertThat(call(grep, "pattern", "int", "output_mode", "count"))
        .isEqualTo("src/Main.java:3\nsrc/deep/er/Other.java:1");
    assertThatThrownBy(() -> call(grep, "pattern", "int", "output_mode", "all"))
        .hasMessageContaining("content, files or count");
  }

  @Test
  void lines_around_a_match_are_shown_once() throws Exception {
    file("lines.txt", "1\n2\nhit\n4\nhit\n6\n7\n8\n9\nhit\n");

    assertThat(call(grep, "pattern", "hit", "path", "lines.txt", "context", 1))
        .isEqualTo(
            """
            lines.txt-2-2
            lines.txt:3:hit
            lines.txt-4-4
            lines.txt:5:hit
            lines.txt-6-6
            --
            lines.txt-9-9
            lines.txt:10:hit\
            """);
  }

  @Test
  void files_are_chosen_by_name_or_by_path() throws Exception {
    assertThat(call(grep, "pattern", "int one", "glob", "O*.java"))
        .startsWith("src/deep/er/Other.java:2");
    assertThat(call(grep, "pattern", "int one", "glob", "src/*.java"))
        .startsWith("src/Main.java:2")
        .hasLineCount(1);
    assertThat(call(grep, "pattern", "int one", "path", "src", "glob", "deep/**/*.java"))
        .hasLineCount(1);
  }

  @Test
  void small_and_capital_letters_are_the_same_where_asked() throws Exception {
    assertThat(call(grep, "pattern", "CLASS", "ignore_case", true, "output_mode", "files"))
        .hasLineCount(2);
    assertThat(call(grep, "pattern", "CLASS")).startsWith("[Nothing matches CLASS");
  }

  @Test
  void results_beyond_the_limit_are_counted() throws Exception {
    assertThat(call(grep, "pattern", "int", "head_limit", 1))
        .isEqualTo(
            "src/Main.java:2:  int one;\n"
                + "[3 more matching lines were left out; narrow the pattern, path or glob, or raise"
                + " head_limit]");
  }

  @Test
  void a_file_that_is_named_and_cannot_be_searched_is_told() {
    assertThatThrownBy(() -> call(grep, "pattern", "needle", "path", "picture.bin"))
        .hasMessageContaining("is a binary file");
    assertThatThrownBy(() -> call(grep, "pattern", "needle", "path", "none.txt"))
        .hasMessageContaining("There is no ");
  }

  @Test
  void what_is_no_regular_expression_is_told() {
    assertThatThrownBy(() -> call(grep, "pattern", "log("))
        .hasMessageContaining("'log(' is no regular expression")
        .hasMessageContaining("escape with \\");
  }

  @Test
  void a_search_that_would_not_end_is_ended_by_interruption() throws Exception {
    file("evil.txt", "a".repeat(40) + "b\n");
    var begun = new CompletableFuture<Thread>();
    var search =
        CompletableFuture.supplyAsync(
            () -> {
              begun.complete(Thread.currentThread());
              try {
                return call(grep, "pattern", "(a+)+\\1c", "path", "evil.txt");
              } catch (Exception ended) {
                return ended.getClass().getSimpleName();
              }
            },
            task -> Thread.ofPlatform().daemon().start(task));
    begun.get(60, TimeUnit.SECONDS).interrupt();

    assertThat(search.get(60, TimeUnit.SECONDS)).isEqualTo("InterruptedException");
  }
}
