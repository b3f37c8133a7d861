package dev.errand.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.ToolFunction;
import dev.errand.agent.ToolSource;
import dev.errand.job.JobId;
import dev.errand.job.ToolSourceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tools of sources, such as MCP servers, in agent files.
class SourcesTest {
  private static final ModelNames MODELS = ModelNames.standard("scripted:none.yaml");

  @TempDir Path folder;

  /// A source that is there.
  private record There(String name, List<ToolFunction> tools) implements ToolSource {
    @Override
    public void left(JobId job) {}

    @Override
    public void close() {}
  }

  private static ToolSource source(String name, String... tools) {
    return new There(
        name,
        Stream.of(tools)
            .map(
                tool ->
                    ToolFunction.of(tool.replace('-', '_'), "Does.", List.of(), call -> null)
                        .alias(ToolSource.alias(name, tool)))
            .toList());
  }

  private AgentFile file(String keys) throws IOException {
    var text = "---\nname: one\n" + keys + "\n---\nWork.\n";
    return AgentFile.read(Files.writeString(folder.resolve("one.md"), text));
  }

  private static List<String> tools(AgentFile file, Toolbox toolbox) {
    return file.agent(toolbox, MODELS).tools().stream().map(ToolFunction::name).toList();
  }

  private final Toolbox toolbox =
      Toolbox.withoutDirectory()
          .source(source("git hub", "get-release", "find"))
          .source(source("files", "find", "stat"));

  @Test
  void all_tools_of_a_source_are_given_by_its_name_and_one_by_its_own() throws IOException {
    var file = file("tools: Think, mcp__git_hub, mcp__files__stat");
    assertThat(tools(file, toolbox)).containsExactly("Think", "get_release", "find", "stat");
    assertThat(file.warnings(toolbox, MODELS)).isEmpty();
    assertThat(file.agent(toolbox, MODELS).sources()).hasSize(2);
  }

  @Test
  void what_is_asked_for_twice_is_given_once() throws IOException {
    assertThat(tools(file("tools: mcp__files__find, mcp__files, mcp__files__*"), toolbox))
        .containsExactly("find", "stat");
  }

  @Test
  void of_two_tools_of_one_name_the_second_has_its_sources_name_with_it() throws IOException {
    assertThat(tools(file("tools: mcp__git_hub, mcp__files"), toolbox))
        .containsExactly("get_release", "find", "mcp__files__find", "stat");
  }

  @Test
  void a_file_that_names_no_tools_has_all_sources() throws IOException {
    assertThat(tools(file("description: x"), toolbox)).contains("Think", "get_release", "stat");
    assertThat(tools(file("disallowedTools: mcp__git_hub, mcp__files__stat"), toolbox))
        .contains("Think", "find")
        .doesNotContain("get_release", "stat");
  }

  @Test
  void a_tool_or_a_source_that_is_not_here_is_a_warning() throws IOException {
    var file = file("tools: Think, mcp__git_hub__gone, mcp__jira__search");
    assertThat(tools(file, toolbox)).containsExactly("Think");
    assertThat(file.warnings(toolbox, MODELS))
        .containsExactly(
            "There is no tool mcp__git_hub__gone; git hub has mcp__git_hub__get-release,"
                + " mcp__git_hub__find",
            "Tool mcp__jira__search is not here; the agent has to do without it");
  }

  @Test
  void a_process_may_allow_some_of_them() throws IOException {
    var some = toolbox.only("Think", "mcp__files__stat");
    var file = file("tools: mcp__files__stat, mcp__files__find, mcp__git_hub");
    assertThat(tools(file, some)).containsExactly("stat");
    assertThat(file.warnings(some, MODELS))
        .hasSize(2)
        .allMatch(words -> words.contains("not among"));
    assertThat(tools(file("description: x"), some)).containsExactly("Think");
  }

  @Test
  void a_tool_of_a_source_is_not_given_without_its_source() {
    for (var name : List.of("mcp__git_hub__get-release", "mcp__files")) {
      assertThatThrownBy(() -> toolbox.tool(name))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("give the agent the source");
    }
    assertThatThrownBy(() -> toolbox.source(source("git-hub")).source(source("files")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("There are tools of files already");
  }

  @Test
  void a_source_that_cannot_be_reached_is_not_passed_over() throws IOException {
    ToolSource broken =
        new ToolSource() {
          @Override
          public String name() {
            return "broken";
          }

          @Override
          public List<ToolFunction> tools() {
            throw new ToolSourceException("MCP server broken cannot be started");
          }

          @Override
          public void left(JobId job) {}

          @Override
          public void close() {}
        };
    var file = file("tools: mcp__broken");
    assertThatThrownBy(() -> file.agent(toolbox.source(broken), MODELS))
        .isInstanceOf(ToolSourceException.class);
  }
}
