package dev.errand.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.ToolFunction;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The file in which MCP servers are listed.
class McpFileTest {
  @TempDir Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve(".mcp.json"), text);
  }

  @Test
  void its_servers_are_in_its_order_and_what_is_disabled_is_left_out() throws IOException {
    var file =
        file(
            """
            {"mcpServers": {
              "two": {"type": "http", "url": "https://example.com/mcp", "headers": {"X": "${KEY}"}},
              "off": {"command": "x", "disabled": true},
              "one": {"command": "npx", "args": ["-y", "server"], "env": {"A": "b"}, "timeout": 5000,
                      "alwaysAllow": ["echo"], "tools": ["echo"]}
            }, "inputs": []}
            """);
    assertThat(McpFile.read(file, Map.of("KEY", "secret")))
        .extracting(builder -> builder.build().name())
        .containsExactly("two", "one");
  }

  @Test
  void a_server_of_a_file_is_started_with_what_the_file_says() throws Exception {
    var words = Npm.everything();
    var file =
        file(
            """
            {"mcpServers": {"every": {
              "command": "${NODE:-node}", "args": ["${SCRIPT}"], "tools": ["get-env"],
              "env": {"ONE": "${VALUE}", "TWO": "${GONE:-two}", "THREE": "$VALUE {x} ${EMPTY:-}"}}}}
            """);
    var environment = Map.of("SCRIPT", words[1], "VALUE", "a$1\\b");
    try (var server = McpFile.read(file, environment).getFirst().build()) {
      var tool = server.tools().getFirst();
      var given =
          (Json.Object)
              Json.parse(
                  String.valueOf(
                      tool.action()
                          .call(
                              new ToolFunction.Call(
                                  new JobId("job"), "job/0/0/0", Json.Object.EMPTY))));
      assertThat(server.tools()).hasSize(1);
      assertThat(given.text("ONE")).hasValue("a$1\\b");
      assertThat(given.text("TWO")).hasValue("two");
      assertThat(given.text("THREE")).hasValue("$VALUE {x} ");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | the whole must be an object",
        "{} | mcpServers is missing",
        "{\"mcpServers\": 1} | mcpServers must be an object",
        "{\"mcpServers\": {\"a\": 1}} | mcpServers.a must be an object",
        "{\"mcpServers\": {\"a\": {}}} | mcpServers.a.command is missing",
        "{\"mcpServers\": {\"a\": {\"command\": \" \"}}} | mcpServers.a.command is missing",
        "{\"mcpServers\": {\"a\": {\"command\": 1}}} | mcpServers.a.command must be a text, and not"
            + " 1",
        "{\"mcpServers\": {\"a\": {\"command\": \"x\", \"args\": \"y\"}}} | mcpServers.a.args must"
            + " be a list of texts",
        "{\"mcpServers\": {\"a\": {\"command\": \"x\", \"args\": [\"y\", 2]}}} |"
            + " mcpServers.a.args[1] must be a text",
        "{\"mcpServers\": {\"a\": {\"command\": \"x\", \"env\": {\"K\": true}}}} |"
            + " mcpServers.a.env.K must be a text",
        "{\"mcpServers\": {\"a\": {\"command\": \"x\", \"env\": {\"K\": \"${GONE}\"}}}} |"
            + " mcpServers.a.env.K needs the environment variable GONE",
        "{\"mcpServers\": {\"a\": {\"command\": \"x\", \"timeout\": \"5\"}}} | mcpServers.a.timeout"
            + " must be a whole number of milliseconds",
        "{\"mcpServers\": {\"a\": {\"command\": \"x\", \"disabled\": 1}}} | mcpServers.a.disabled"
            + " must be true or false",
        "{\"mcpServers\": {\"a\": {\"type\": \"http\"}}} | mcpServers.a.url is missing",
        "{\"mcpServers\": {\"a\": {\"url\": \"ftp://x/y\"}}} | mcpServers.a.url cannot be used: MCP"
            + " server a: ftp://x/y is no http or https address",
        "{\"mcpServers\": {\"a\": {\"url\": \"a b\"}}} | mcpServers.a.url cannot be used",
        "{\"mcpServers\": {\"a\": {\"type\": \"sse\", \"url\": \"http://x/\"}}} | mcpServers.a.type"
            + " is sse",
        "{\"mcpServers\": {\"a\": {\"type\": \"pipe\"}}} | mcpServers.a.type must be stdio or http,"
            + " and not pipe",
        "{\"mcpServers\": {\"\": {\"command\": \"x\"}}} | An MCP server needs a name",
        "nonsense | is no JSON"
      })
  void what_is_wrong_is_named_with_the_file_and_the_member(String text, String why)
      throws IOException {
    var file = file(text);
    assertThatThrownBy(() -> McpFile.read(file, Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(why);
  }

  @Test
  void a_file_that_is_not_there_is_named() {
    assertThatThrownBy(() -> McpFile.read(folder.resolve("none.json"), Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("There is no file " + folder.resolve("none.json"));
  }
}
