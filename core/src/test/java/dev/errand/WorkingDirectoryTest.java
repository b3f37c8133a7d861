package dev.errand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.ToolFunction;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkingDirectoryTest {
  @TempDir Path folder;
  @TempDir Path elsewhere;

  @BeforeEach
  void write_files() throws IOException {
    for (var name : List.of("a.md", "b.txt", "docs/c.md", "docs/deep/er/d.md", "docs/e.txt")) {
      var file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "text of " + name);
    }
    Files.writeString(elsewhere.resolve("secret.md"), "secret");
    Files.createSymbolicLink(folder.resolve("docs/link.md"), elsewhere.resolve("secret.md"));
    Files.createSymbolicLink(folder.resolve("docs/away"), elsewhere);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          *.md               | a.md
          ./*.md             | a.md
          a.md               | a.md
          *                  | a.md b.txt
          docs/*.txt         | docs/e.txt
          docs/*.md          | docs/c.md
          docs/deep/er/d.md  | docs/deep/er/d.md
          docs/**/*.txt      | docs/e.txt
          docs/deep/**/*.md  | docs/deep/er/d.md
          **/*.txt           | b.txt docs/e.txt
          docs/{c,e}.*       | docs/c.md docs/e.txt
          none/**/*.md       |
          *.none             |
          ../**/*.md         |
          /*/*.md            |
          """)
  void a_pattern_finds_the_files_that_a_shell_would(String pattern, String found) throws Exception {
    var files = found == null ? List.of() : List.of(found.split(" "));

    assertThat(call("list_files", "pattern", pattern)).isEqualTo(files);
  }

  @Test
  void a_file_below_the_directory_is_read() throws Exception {
    assertThat(call("read_text", "path", "docs/c.md")).isEqualTo("text of docs/c.md");
  }

  @ParameterizedTest
  @CsvSource({"docs/link.md", "docs/away/secret.md", "../x", "none.md"})
  void what_is_elsewhere_or_nowhere_is_refused_by_name(String path) {
    assertThatThrownBy(() -> call("read_text", "path", path))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(path);
  }

  private Object call(String name, String parameter, String value) throws Exception {
    var tool =
        new WorkingDirectory(folder)
            .tools().stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow();
    var arguments = Json.object(parameter, value);
    return Objects.requireNonNull(
        tool.action().call(new ToolFunction.Call(new JobId("k3f9x2ab"), "key", arguments)));
  }
}
