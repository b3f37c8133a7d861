package dev.errand.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.ToolFunction;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What comes of calls of tools of servers of the npm registry.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RealServersTest {
  private static final JobId JOB = new JobId("job");

  @AutoClose
  private final McpServer everything =
      McpServer.stdio("everything", Npm.everything()).env("GREETING", "hello").build();

  private static @Nullable Object call(McpServer server, String name, Json.Object arguments)
      throws Exception {
    var tool =
        server.tools().stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow();
    return tool.action().call(new ToolFunction.Call(JOB, "job/0/0/0", arguments));
  }

  @Test
  void a_text_is_the_result() throws Exception {
    assertThat(call(everything, "get_sum", Json.object("a", 2).with("b", 40)))
        .isEqualTo("The sum of 2 and 40 is 42.");
  }

  @Test
  void structured_content_is_the_result_where_there_is_some() throws Exception {
    assertThat(call(everything, "get_structured_content", Json.object("location", "Chicago")))
        .isInstanceOfSatisfying(
            Json.Object.class,
            weather ->
                assertThat(weather.members())
                    .containsKeys("temperature", "conditions", "humidity"));
  }

  @Test
  void what_is_no_text_is_described() throws Exception {
    assertThat(call(everything, "get_tiny_image", Json.Object.EMPTY))
        .asString()
        .containsPattern("\\[image, image/png, [\\d,]+ bytes]");
    assertThat(call(everything, "get_resource_links", Json.object("count", 2)))
        .asString()
        .containsPattern("\\[resource [a-z]+://\\S+: ");
  }

  @Test
  void what_the_tool_calls_an_error_is_one() {
    assertThatThrownBy(() -> call(everything, "get_sum", Json.object("a", "two")))
        .hasMessageContaining("get-sum");
  }

  @Test
  void a_server_is_given_its_own_variables_and_a_few_of_this_process_and_no_other()
      throws Exception {
    var environment =
        (Json.Object) Json.parse(String.valueOf(call(everything, "get_env", Json.Object.EMPTY)));
    assertThat(environment.text("GREETING")).hasValue("hello");
    assertThat(environment.members().keySet())
        .isSubsetOf(
            Set.of(
                "GREETING",
                "PATH",
                "HOME",
                "USER",
                "LOGNAME",
                "SHELL",
                "TERM",
                "LANG",
                "LC_ALL",
                "TZ",
                "TMPDIR"));
    assertThat(System.getenv())
        .as("which has more")
        .hasSizeGreaterThan(environment.members().size());
  }

  @Test
  void files_are_read_by_the_server_of_files(@TempDir Path folder) throws Exception {
    var real = folder.toRealPath();
    Files.writeString(real.resolve("note.txt"), "durable");
    try (var files = McpServer.stdio("files", Npm.filesystem(real.toString())).build()) {
      var path = Json.object("path", real.resolve("note.txt").toString());
      assertThat(call(files, "read_text_file", path)).asString().contains("durable");
      assertThatThrownBy(() -> call(files, "read_text_file", Json.object("path", "/etc/passwd")))
          .hasMessageContaining("denied");
    }
  }
}
