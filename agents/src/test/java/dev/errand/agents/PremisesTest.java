package dev.errand.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PremisesTest {
  @TempDir Path above;
  private Path folder;
  private Path outside;
  private Premises premises;

  @BeforeEach
  void folders() throws IOException {
    above = above.toRealPath();
    folder = Files.createDirectories(above.resolve("work"));
    outside = Files.createDirectories(above.resolve("outside"));
    Files.createDirectories(folder.resolve("docs/deep"));
    Files.writeString(folder.resolve("docs/a.md"), "inside");
    Files.writeString(outside.resolve("secret"), "secret");
    link("docs/inner", folder.resolve("docs/deep"));
    link("docs/relative", Path.of("../docs/deep"));
    link("away", outside);
    link("secret", outside.resolve("secret"));
    link("dangling", outside.resolve("not-there"));
    link("dangling-inside", folder.resolve("not-there"));
    link("round", folder.resolve("round"));
    link("up", Path.of(".."));
    link("hop", folder.resolve("away"));
    premises = new Premises(folder, List.of());
  }

  private void link(String name, Path to) throws IOException {
    Files.createSymbolicLink(folder.resolve(name), to);
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "docs/a.md, docs/a.md",
    "./docs//a.md, docs/a.md",
    "docs/../docs/a.md, docs/a.md",
    "docs/inner/new.md, docs/deep/new.md",
    "docs/relative/new/newer.md, docs/deep/new/newer.md",
    "docs/inner/../a.md, docs/a.md",
    "none/../docs/a.md, docs/a.md",
    "new/folder/file, new/folder/file",
    "../work/docs/a.md, docs/a.md",
    "up/work/docs/a.md, docs/a.md",
    "..., ...",
  })
  void a_path_leads_where_the_system_would_go(String path, String to) throws IOException {
    assertThat(premises.resolve(path)).isEqualTo(folder.resolve(to));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "..",
        "../outside/secret",
        "docs/../../outside/secret",
        "away/secret",
        "away/new",
        "away",
        "hop/secret",
        "secret",
        "dangling",
        "dangling/below",
        "dangling-inside",
        "round",
        "round/below",
        "up/outside/secret",
        "up",
        "docs/inner/../../../outside/secret",
        "none/../../outside/secret",
        "../work-too/file",
        "/etc/passwd",
        "/",
        "/proc/self/root/etc/passwd",
      })
  void what_leads_out_is_refused(String path) {
    assertThatThrownBy(() -> premises.resolve(path))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(path);
  }

  @Test
  void what_is_no_path_is_refused() {
    assertThatThrownBy(() -> premises.resolve("a\0b")).hasMessageContaining("is no path");
  }

  @Test
  void an_absolute_path_may_lead_into_the_directory_and_other_roots_only() throws IOException {
    var both = new Premises(folder, List.of(outside));

    assertThat(premises.resolve(folder + "/docs/a.md")).isEqualTo(folder.resolve("docs/a.md"));
    assertThat(both.resolve(outside + "/secret")).isEqualTo(outside.resolve("secret"));
    assertThat(both.resolve("away/secret")).isEqualTo(outside.resolve("secret"));
    assertThatThrownBy(() -> both.resolve(above.toString())).hasMessageContaining("outside");
  }

  @Test
  void a_directory_that_is_a_link_itself_is_where_it_leads() throws IOException {
    var link = Files.createSymbolicLink(above.resolve("link"), folder);
    var linked = new Premises(link, List.of());

    assertThat(linked.resolve("docs/a.md")).isEqualTo(folder.resolve("docs/a.md"));
    assertThat(linked.resolve(link + "/docs/a.md")).isEqualTo(folder.resolve("docs/a.md"));
    assertThat(linked.shown(folder.resolve("docs/a.md"))).isEqualTo("docs/a.md");
  }

  @Test
  void no_random_path_leads_out() throws IOException {
    var names =
        List.of(
            "..",
            ".",
            "docs",
            "deep",
            "inner",
            "relative",
            "away",
            "secret",
            "dangling",
            "up",
            "hop",
            "work",
            "outside",
            "new",
            "",
            "round",
            "a.md");
    var random = new Random(20_26);
    for (int i = 0; i < 20_000; i++) {
      var path = new StringBuilder(random.nextInt(8) == 0 ? above.toString() : "");
      for (int part = random.nextInt(7); part >= 0; part--) {
        path.append(path.isEmpty() ? "" : "/").append(names.get(random.nextInt(names.size())));
      }
      requireInside(path.toString());
    }
  }

  /// What is accepted is inside as the system itself sees it.
  private void requireInside(String path) throws IOException {
    Path found;
    try {
      found = premises.resolve(path);
    } catch (IOException refused) {
      return;
    }
    var there = found;
    while (!Files.exists(there)) {
      there = Objects.requireNonNull(there.getParent());
    }
    assertThat(there.toRealPath()).as(path).isEqualTo(there).startsWith(folder);
    assertThat(found.normalize()).as(path).isEqualTo(found);
  }

  @Test
  void a_link_that_took_the_place_of_a_file_is_seen() throws IOException {
    var file = premises.resolve("docs/a.md");
    Files.move(folder.resolve("docs"), folder.resolve("docs-before"));
    link("docs", outside);
    Files.writeString(outside.resolve("a.md"), "secret");

    assertThatThrownBy(() -> TextFile.open(file, 100)).hasMessageContaining("replaced by a link");
  }
}
