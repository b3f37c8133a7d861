package dev.errand.agents;

import static dev.errand.agents.Calling.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.Tool;
import dev.errand.agent.ToolFunction;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolboxTest {
  @TempDir Path folder;

  /// Tools of somebody's own.
  static final class Clock {
    @Tool("The day of the week.")
    String today() {
      return "Sunday";
    }
  }

  @Test
  void p14_what_must_be_asked_for_is_not_there() {
    var box = Toolbox.in(folder);

    assertThat(box.names())
        .containsExactly(
            "Read",
            "Grep",
            "Glob",
            "Write",
            "Edit",
            "Think",
            "Remember",
            "SubTask",
            "python_cli",
            "History");
    assertThat(box.standard()).extracting(ToolFunction::name).doesNotContain("SubTask", "Bash");
    assertThatThrownBy(() -> box.tool("Bash"))
        .hasMessageContaining("must be asked for")
        .hasMessageContaining("Toolbox.bash()");
  }

  @Test
  void p15_what_is_asked_for_is_there_under_its_name() {
    assertThat(Toolbox.in(folder).bash().web("example.com").names()).contains("Bash", "WebFetch");
    assertThat(Toolbox.in(folder).tool("SubTask")).isSameAs(ToolFunction.SUB_TASK);
    assertThat(Toolbox.in(folder).tools("python_cli", "Read"))
        .extracting(ToolFunction::name)
        .containsExactly("python_cli", "Read");
  }

  @Test
  void p16_a_tool_that_lacks_its_directory_is_an_error_that_names_both() {
    var box = Toolbox.withoutDirectory().bash();

    for (var name : List.of("Read", "Grep", "Glob", "Write", "Edit", "Bash")) {
      assertThatThrownBy(() -> box.tool(name))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "Tool %s needs a working directory, and this toolbox has none; make it with"
                  + " Toolbox.in(directory)",
              name);
    }
    assertThat(box.names())
        .containsExactly("Think", "Remember", "SubTask", "python_cli", "History");
  }

  @Test
  void p17_a_process_gives_no_other_tools_than_it_allows() {
    var box = Toolbox.in(folder).bash().only("Read", "Bash");

    assertThat(box.names()).containsExactly("Read", "Bash");
    assertThat(box.only("Read", "Write").names()).containsExactly("Read");
    assertThat(box.with(new Clock()).names()).containsExactly("Read", "Bash");
    assertThatThrownBy(() -> box.tool("Write"))
        .hasMessageContaining("Write is not among those that this process allows: Read, Bash");
    assertThatThrownBy(() -> box.only("Raed")).hasMessageContaining("no tool Raed");
  }

  @Test
  void an_unknown_name_is_an_error_that_says_which_there_are() {
    assertThatThrownBy(() -> Toolbox.in(folder).tool("Browse"))
        .hasMessageStartingWith("There is no tool Browse; known are Read, Grep,");
    assertThatThrownBy(() -> Toolbox.in(folder).tool("read"))
        .hasMessage("There is no tool read; did you mean Read?");
  }

  @Test
  void tools_of_your_own_are_added_and_no_name_is_taken_twice() throws Exception {
    var box = Toolbox.withoutDirectory().with(new Clock());
    var bash = ToolFunction.of("Bash", "Mine.", List.of("command"), call -> "mine");

    assertThat(call(box.tool("today"))).isEqualTo("Sunday");
    assertThat(call(box.with(bash).tool("Bash"), "command", "x")).isEqualTo("mine");
    assertThatThrownBy(() -> box.with(new Clock())).hasMessageContaining("a tool today already");
    assertThatThrownBy(() -> Toolbox.in(folder).bash().with(bash))
        .hasMessageContaining("a tool Bash already");
  }

  @Test
  void further_roots_may_be_reached(@TempDir Path elsewhere) throws Exception {
    java.nio.file.Files.writeString(elsewhere.resolve("a.txt"), "there");
    var path = elsewhere.resolve("a.txt").toString();

    assertThat(call(Toolbox.in(folder).roots(elsewhere).tool("Read"), "path", path))
        .endsWith("there");
    assertThatThrownBy(() -> call(Toolbox.in(folder).tool("Read"), "path", path))
        .hasMessageContaining("outside");
  }

  @Test
  void a_thought_changes_nothing() throws Exception {
    assertThat(call(Toolbox.withoutDirectory().tool("Think"), "thought", "Hm."))
        .isEqualTo("Noted.");
  }

  @Test
  void every_tool_describes_itself_and_its_parameters_to_models() {
    for (var tool :
        Toolbox.in(folder)
            .bash()
            .web("example.com")
            .tools("Read", "Grep", "Glob", "Write", "Edit", "Bash", "WebFetch", "Think")) {
      assertThat(tool.description()).as(tool.name()).hasSizeGreaterThan(60).doesNotContain("\n");
      tool.spec()
          .properties()
          .members()
          .forEach(
              (name, schema) ->
                  assertThat(schema.print())
                      .as(tool.name() + " " + name)
                      .contains("\"description\"", "\"type\""));
    }
  }
}
