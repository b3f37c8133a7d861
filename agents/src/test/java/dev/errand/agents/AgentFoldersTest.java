package dev.errand.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentFoldersTest {
  @TempDir Path directory;
  @TempDir Path home;
  private AgentFolders folders;

  @BeforeEach
  void folders() {
    folders = AgentFolders.of(directory, home);
  }

  private static Path file(Path folder, String path, String text) throws IOException {
    var file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private static Path agent(Path folder, String path, String name) throws IOException {
    return file(folder, path, "---\nname: " + name + "\n---\nFrom " + path);
  }

  @Test
  void agents_are_found_in_the_directory_and_at_home_and_below() throws IOException {
    agent(directory, ".errand/agents/a.md", "a");
    agent(directory, ".claude/agents/team/deep/b.md", "b");
    agent(home, ".errand/agents/c.md", "c");
    agent(home, ".claude/agents/d.MD", "d");
    file(home, ".claude/agents/notes.txt", "no agent");

    assertThat(folders.list())
        .extracting(listed -> ((AgentFolders.Listed.Found) listed).file().name())
        .containsExactly("a", "b", "c", "d");
    assertThat(folders.find("b").prompt()).isEqualTo("From .claude/agents/team/deep/b.md");
  }

  @Test
  void of_several_of_one_name_the_first_counts_and_the_others_are_told() throws IOException {
    var first = agent(directory, ".errand/agents/z.md", "same");
    var second = agent(directory, ".claude/agents/same.md", "same");
    agent(home, ".claude/agents/same.md", "same");

    assertThat(folders.find("same").path()).isEqualTo(first);
    assertThat(folders.list().get(1))
        .isEqualTo(new AgentFolders.Listed.Hidden(AgentFile.read(second), first));
    assertThat(folders.list()).hasSize(3);
  }

  @Test
  void a_file_that_is_met_twice_is_listed_once() throws IOException {
    agent(home, ".claude/agents/a.md", "a");

    assertThat(AgentFolders.of(home, home).list()).hasSize(1);
  }

  @Test
  void a_broken_file_is_listed_with_its_error_and_hides_no_others() throws IOException {
    var broken = file(directory, ".errand/agents/broken.md", "---\nmax_turns: x\n---\n");
    agent(directory, ".errand/agents/whole.md", "whole");

    assertThat(folders.list()).hasSize(2);
    assertThat(folders.list().getFirst())
        .isInstanceOfSatisfying(
            AgentFolders.Listed.Broken.class,
            listed -> {
              assertThat(listed.path()).isEqualTo(broken);
              assertThat(listed.message()).contains("line 2: max_turns");
            });
    assertThat(folders.find("whole").name()).isEqualTo("whole");
    assertThatThrownBy(() -> folders.find("broken")).hasMessageContaining("line 2: max_turns");
  }

  @Test
  void a_path_will_do_too() throws IOException {
    var file = agent(directory, "elsewhere/x.md", "x");

    assertThat(folders.find(file.toString()).name()).isEqualTo("x");
    assertThatThrownBy(() -> folders.find("./none.md"))
        .hasMessageContaining("There is no agent file ./none.md");
  }

  @Test
  void a_name_that_is_not_there_is_an_error_that_says_which_there_are() throws IOException {
    assertThatThrownBy(() -> folders.find("x"))
        .hasMessageContaining("nor any other")
        .hasMessageContaining(".claude");

    agent(directory, ".errand/agents/a.md", "a");
    assertThatThrownBy(() -> folders.find("x"))
        .hasMessageStartingWith("There is no agent x; there are a, in ");
  }

  @Test
  void links_are_followed_but_not_in_circles() throws IOException {
    agent(home, "shared/a.md", "a");
    Files.createDirectories(directory.resolve(".errand/agents"));
    Files.createSymbolicLink(directory.resolve(".errand/agents/shared"), home.resolve("shared"));
    Files.createSymbolicLink(home.resolve("shared/round"), home.resolve("shared"));

    assertThat(folders.list()).hasSize(1);
  }
}
