package dev.errand.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.errand.agent.Agent;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.ToolSourceException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Servers that do not do as they should, and the names and policies of tools.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OddServersTest {
  private static final JobId JOB = new JobId("job");
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir Path folder;
  private final List<McpServer> made = new ArrayList<>();

  @AfterEach
  void close_the_servers() {
    made.forEach(McpServer::close);
  }

  private McpServer.Builder odd(String... ways) {
    try {
      var script = OddServersTest.class.getResource("/odd-server.js");
      if (script == null) {
        throw new AssertionError("There is no odd-server.js");
      }
      var words = new ArrayList<>(List.of("node", Path.of(script.toURI()).toString()));
      words.add(folder.resolve("log").toString());
      words.addAll(List.of(ways));
      return McpServer.stdio("odd", words.toArray(String[]::new)).linger(Duration.ZERO);
    } catch (URISyntaxException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private McpServer made(McpServer.Builder builder) {
    var server = builder.build();
    made.add(server);
    return server;
  }

  private List<String> log() {
    try {
      var file = folder.resolve("log");
      return Files.exists(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private long starts() {
    return log().stream().filter("start"::equals).count();
  }

  private static ToolFunction tool(McpServer server, String name) {
    return server.tools().stream()
        .filter(tool -> tool.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static @Nullable Object call(McpServer server, String name, Json.Object arguments)
      throws Exception {
    return tool(server, name).action().call(new ToolFunction.Call(JOB, "job/1/2/3", arguments));
  }

  @Test
  void one_that_never_answers_is_given_up_and_ended() {
    var server = made(odd("silent").connectTimeout(Duration.ofSeconds(1)));
    assertThatThrownBy(server::tools)
        .isInstanceOf(ToolSourceException.class)
        .hasMessageContaining("MCP server odd did not answer initialize within 1 s");
    await().atMost(LONG).until(() -> ProcessHandle.current().descendants().noneMatch(this::isOurs));
  }

  private boolean isOurs(ProcessHandle process) {
    return process.info().arguments().stream()
        .flatMap(java.util.Arrays::stream)
        .anyMatch(word -> word.startsWith(folder.toString()));
  }

  @Test
  void one_whose_list_of_tools_has_no_end_is_given_up() {
    var server = made(odd("endless"));
    assertThatThrownBy(server::tools)
        .isInstanceOf(ToolSourceException.class)
        .hasMessageContaining("its list of tools does not come to an end");
    await().atMost(LONG).until(() -> ProcessHandle.current().descendants().noneMatch(this::isOurs));
  }

  @Test
  void what_is_no_message_is_passed_over() throws Exception {
    var server = made(odd("talks"));
    assertThat(server.tools()).hasSize(8);
    assertThat(call(server, "plain", Json.object("a", 1))).asString().contains("\"a\":1");
  }

  @Test
  void one_that_says_something_else_and_leaves_is_quoted() {
    var server = made(odd("talks", "leaves"));
    assertThatThrownBy(server::tools)
        .isInstanceOf(ToolSourceException.class)
        .hasMessageContaining("MCP server odd cannot be used")
        .hasMessageContaining("exit code 0")
        .hasMessageContaining("Welcome to the odd server!");
  }

  @Test
  void
      one_that_dies_at_its_start_is_told_with_its_last_words_and_left_alone_for_longer_each_time() {
    var time = new AtomicLong();
    var server = made(odd("dies").nanoTime(time::get));
    for (int n = 1; n <= 2; n++) {
      assertThatThrownBy(server::tools)
          .isInstanceOf(ToolSourceException.class)
          .hasMessageContaining("exit code 3")
          .hasMessageContaining("no licence was found");
      assertThat(starts()).isEqualTo(n);
    }

    assertThatThrownBy(server::tools)
        .isInstanceOf(ToolSourceException.class)
        .hasMessageContaining("failed 2 times in a row and is left alone for 2 s more")
        .hasMessageContaining("no licence was found");
    assertThat(starts()).as("it was not started").isEqualTo(2);

    time.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThatThrownBy(server::tools).hasMessageContaining("exit code 3");
    assertThatThrownBy(server::tools).hasMessageContaining("failed 3 times");
    time.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThatThrownBy(server::tools).hasMessageContaining("failed 3 times");
    time.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThatThrownBy(server::tools).hasMessageContaining("exit code 3");
    assertThat(starts()).isEqualTo(4);
  }

  @Test
  void one_that_dies_whenever_it_is_called_is_left_alone_too() throws Exception {
    var time = new AtomicLong();
    var server = made(odd("dies-when-called").linger(Duration.ofHours(1)).nanoTime(time::get));
    for (int n = 0; n < 2; n++) {
      assertThatThrownBy(() -> call(server, "plain", Json.Object.EMPTY))
          .isInstanceOf(ToolSourceException.class)
          .hasMessageContaining("MCP server odd broke off while plain was called")
          .hasMessageContaining("exit code 9")
          .hasMessageContaining("that was too much");
      await().atMost(LONG).until(() -> !server.isConnected());
    }
    assertThatThrownBy(() -> call(server, "plain", Json.Object.EMPTY))
        .hasMessageContaining("left alone");
    assertThat(starts()).isEqualTo(2);
  }

  @Test
  void a_call_that_takes_too_long_fails_and_the_server_is_told_to_stop() throws Exception {
    var server = made(odd().linger(Duration.ofHours(1)).callTimeout(Duration.ofMillis(300)));
    assertThatThrownBy(() -> call(server, "look", Json.Object.EMPTY))
        .isInstanceOf(ToolSourceException.class)
        .hasMessageContaining("MCP server odd did not answer the call of look");
    await()
        .atMost(LONG)
        .until(() -> log().stream().anyMatch(line -> line.startsWith("notifications/cancelled ")));
    assertThat(server.isConnected()).isTrue();
    assertThat(starts()).isEqualTo(1);
  }

  @Test
  void names_are_made_to_fit_and_are_known_by_those_of_the_server() {
    var server = made(odd());
    assertThat(server.tools())
        .extracting(ToolFunction::name, ToolFunction::alias)
        .contains(
            org.assertj.core.groups.Tuple.tuple("odd_name", "mcp__odd__odd-name"),
            org.assertj.core.groups.Tuple.tuple("odd_name_2", "mcp__odd__odd_name"),
            org.assertj.core.groups.Tuple.tuple("tool_7th", "mcp__odd__7th"));
  }

  @Test
  void what_it_says_of_a_tool_decides_what_is_done_when_a_call_may_have_been_made() {
    var server = made(odd());
    assertThat(tool(server, "plain").policy()).isEqualTo(EffectPolicy.AT_MOST_ONCE);
    assertThat(tool(server, "again").policy()).isEqualTo(EffectPolicy.IDEMPOTENT);
    assertThat(tool(server, "look").policy()).isEqualTo(EffectPolicy.READ_ONLY);
  }

  @Test
  void the_server_is_told_the_key_of_a_call() throws Exception {
    assertThat(call(made(odd()), "again", Json.Object.EMPTY))
        .asString()
        .contains("\"dev.errand/key\":\"job/1/2/3\"");
  }

  @Test
  void only_what_is_allowed_is_offered_and_what_is_not_there_cannot_be_allowed() {
    assertThat(made(odd().allow("plain", "odd-name")).tools())
        .extracting(ToolFunction::name)
        .containsExactly("plain", "odd_name");
    assertThatThrownBy(made(odd().allow("plain", "plane"))::tools)
        .isInstanceOf(ToolSourceException.class)
        .hasMessageStartingWith(
            "MCP server odd has no tool plane, which it is allowed; it has plain,");
  }

  @Test
  void a_name_that_is_taken_or_means_something_else_is_given_with_the_servers() {
    ToolFunction.Action nothing = call -> null;
    var agent =
        Agent.named("both")
            .tools(made(odd()))
            .tools(ToolFunction.of("plain", "Mine.", List.of(), nothing))
            .tools(made(odd().allow("again")))
            .build();
    assertThat(agent.tools())
        .extracting(ToolFunction::name)
        .containsExactly(
            "plain",
            "mcp__odd__plain",
            "again",
            "look",
            "odd_name",
            "odd_name_2",
            "tool_7th",
            "mcp__odd__print",
            "bad_schema",
            "mcp__odd__again");
    assertThat(agent.sources()).hasSize(2);
  }

  @Test
  void a_program_that_is_not_there_is_named() {
    assertThatThrownBy(made(McpServer.stdio("gone", "no-such-program"))::tools)
        .isInstanceOf(ToolSourceException.class)
        .hasMessage("MCP server gone cannot be started: there is no program no-such-program");
  }
}
