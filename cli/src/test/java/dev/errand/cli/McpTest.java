package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.mcp.McpServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `errand mcp` as a process, with a client of the MCP SDK; and agents of the program that use it.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class McpTest {
  private static final JobId CLIENT = new JobId("client");
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));
  private final List<McpServer> clients = new ArrayList<>();

  @BeforeEach
  void start_in_an_empty_directory() {
    shell =
        new Shell(directory)
            .file(".claude/agents/one.md", "---\nname: one\ndescription: Says one.\n---\nWork.\n")
            .file("one.yaml", "replies:\n  - One.\n  - Two.\n");
  }

  @AfterEach
  void close_the_clients() {
    clients.forEach(McpServer::close);
  }

  private static List<String> program(String... words) {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var start =
        Stream.of(
            java,
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName());
    return Stream.concat(start, Stream.of(words)).toList();
  }

  /// A client of a process of its own, which works in the directory of the test.
  private McpServer client(String... words) {
    var command = program(Stream.concat(Stream.of("mcp"), Stream.of(words)).toArray(String[]::new));
    var client =
        McpServer.stdio("errand", command.toArray(String[]::new))
            .directory(directory)
            .env("HOME", directory.toString())
            .linger(Duration.ofHours(1))
            .build();
    clients.add(client);
    return client;
  }

  private static ToolFunction tool(McpServer client, String name) {
    return client.tools().stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow();
  }

  private static Json.Object call(McpServer client, String name, Json.Object arguments)
      throws Exception {
    var call = new ToolFunction.Call(CLIENT, "client/0/0/0", arguments);
    return (Json.Object) Json.of(tool(client, name).action().call(call));
  }

  private static Json.Object result(McpServer client, String job) throws Exception {
    return call(client, "result", Json.object("job", job).with("wait_seconds", 60));
  }

  @Test
  void a_client_delegates_to_an_agent_and_hears_what_came_of_it() throws Exception {
    var client = client("--model", "scripted:one.yaml");
    assertThat(client.tools())
        .extracting(ToolFunction::name)
        .containsExactly("submit", "status", "result", "tell", "cancel");
    assertThat(tool(client, "submit").spec().schema().print()).contains("one (Says one.)");

    var submit = Json.object("agent", "one").with("message", "Go.").with("key", "k");
    var job = call(client, "submit", submit).text("job").orElseThrow();
    assertThat(result(client, job).text("value")).hasValue("One.");
    var again = call(client, "submit", submit);
    assertThat(again.text("job")).as("the same key is the same job").hasValue(job);
    assertThat(again.get("again")).hasValue(new Json.Bool(true));
    assertThat(call(client, "status", Json.object("job", "k")).text("status")).hasValue("DONE");

    call(client, "tell", Json.object("job", job).with("message", "And?"));
    await().atMost(LONG).until(() -> result(client, job).text("value").orElse("").equals("Two."));
  }

  @Test
  void a_job_that_waits_is_cancelled_and_nothing_answers_for_people() throws Exception {
    var client = client("--allow-code");
    var code = Json.object("code", "print(callback('go').result)");
    var job = call(client, "submit", code).text("job").orElseThrow();
    await()
        .atMost(LONG)
        .until(
            () ->
                call(client, "status", Json.object("job", job))
                    .text("status")
                    .orElse("")
                    .equals("SUSPENDED"));
    assertThat(call(client, "result", Json.object("job", job)).get("ended"))
        .hasValue(new Json.Bool(false));
    call(client, "cancel", Json.object("job", job).with("reason", "not needed"));
    var came = result(client, job);
    assertThat(came.text("outcome")).hasValue("cancelled");
    assertThat(came.print()).contains("not needed");
    assertThat(client.tools().stream().map(ToolFunction::name).collect(Collectors.joining()))
        .doesNotContain("answer")
        .doesNotContain("approve");
  }

  @Test
  void a_job_survives_that_its_server_is_killed() throws Exception {
    var first = client("--allow-code");
    var code = Json.object("code", "x = 40\nexit(x + callback('go').result)").with("key", "k");
    var job = call(first, "submit", code).text("job").orElseThrow();
    var process = first.process().orElseThrow();
    process.destroyForcibly();
    process.onExit().get(1, TimeUnit.MINUTES);

    var second = client("--allow-code");
    assertThat(call(second, "submit", code).text("job")).hasValue(job);
    await().atMost(LONG).until(() -> shell.errand("answer", job, "go", "2").code() == 0);
    assertThat(result(second, job).get("value").map(Json::print)).hasValue("42");
  }

  @Test
  void what_cannot_be_submitted_is_refused_with_a_reason() throws Exception {
    var client = client("--no-worker");
    assertThatThrownBy(
            () -> call(client, "submit", Json.object("agent", "none").with("message", "x")))
        .hasMessageContaining("none");
    assertThatThrownBy(
            () -> call(client, "submit", Json.object("agent", "/etc/x.md").with("message", "x")))
        .hasMessageContaining("is no agent's name; there is: one");
    assertThatThrownBy(() -> call(client, "submit", Json.object("code", "print(1)")))
        .hasMessageContaining("agent and message are required");
    assertThatThrownBy(() -> call(client, "status", Json.object("job", "gone")))
        .hasMessageContaining("gone");
    assertThatThrownBy(() -> call(client, "cancel", Json.object("job", "x").with("how", "softly")))
        .hasMessageContaining("how must be ask, cancel or kill, not softly");
    assertThat(shell.errand("jobs", "--json").out().strip()).isEqualTo("[]");
  }

  @Test
  void a_client_is_told_which_calls_only_read() {
    var client = client("--no-worker");
    assertThat(tool(client, "status").policy()).isEqualTo(EffectPolicy.READ_ONLY);
    assertThat(tool(client, "submit").policy()).isEqualTo(EffectPolicy.AT_MOST_ONCE);
    assertThat(tool(client, "cancel").policy()).isEqualTo(EffectPolicy.IDEMPOTENT);
  }

  @Test
  void it_ends_with_its_client_and_writes_nothing_but_messages() throws Exception {
    var process =
        new ProcessBuilder(program("mcp", "--no-worker")).directory(directory.toFile()).start();
    process.getOutputStream().close();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(process.getInputStream().readAllBytes()).isEmpty();
  }

  /// An agent of one store delegates to another by MCP.
  @Test
  void an_agent_uses_the_servers_of_the_file_that_its_command_names() {
    var command =
        program(
            "mcp", "--store", "other.db", "--model", "scripted:" + directory.resolve("one.yaml"));
    var server =
        Json.object("command", command.getFirst())
            .with("args", command.subList(1, command.size()))
            .with("env", Json.object("HOME", "${HOME}"));
    shell
        .file(".mcp.json", Json.object("mcpServers", Json.object("far", server)).print())
        .file(
            ".claude/agents/far.md",
            "---\nname: far\ntools: mcp__far__submit, mcp__far__result\n---\nWork.\n")
        .file(
            "far.yaml",
            """
            replies:
              - calls:
                  - {tool: submit, arguments: {agent: one, message: Go., key: k}}
              - calls:
                  - {tool: result, arguments: {job: k, wait_seconds: 60}}
              - It answered.
            """);
    var there = shell.with("HOME", directory.toString());
    var ask = new String[] {"ask", "far", "Go.", "--model", "scripted:far.yaml", "--id", "far"};

    var without = there.errand(ask);
    assertThat(without.err()).contains("Tool mcp__far__submit is not here");

    var with =
        there.errand("ask", "far", "Go.", "--model", "scripted:far.yaml", "--mcp", ".mcp.json");
    assertThat(with.err()).doesNotContain("is not here");
    assertThat(with.out()).isEqualTo("It answered.\n");
    assertThat(there.errand("show", "k", "--store", "other.db", "--json").out())
        .contains("\"value\":\"One.\"");
  }

  @Test
  void a_file_of_servers_that_is_wrong_is_refused_before_anything_is_stored() {
    shell.file(".mcp.json", "{\"mcpServers\": {\"a\": {}}}");
    var said =
        shell.errand("ask", "one", "Go.", "--model", "scripted:one.yaml", "--mcp", ".mcp.json");
    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err()).contains(".mcp.json: mcpServers.a.command is missing");
    assertThat(shell.has("errand.db")).isFalse();
  }

  @Test
  void a_server_that_cannot_be_started_is_told_before_anything_is_stored() {
    shell.file(".mcp.json", "{\"mcpServers\": {\"a\": {\"command\": \"no-such-program\"}}}");
    var said =
        shell.errand("ask", "one", "Go.", "--model", "scripted:one.yaml", "--mcp", ".mcp.json");
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err()).contains("MCP server a cannot be started");
    assertThat(shell.has("errand.db")).isFalse();
  }
}
