package dev.errand.mcp;

import dev.errand.agent.ToolFunction;
import dev.errand.agent.ToolSource;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Json;
import dev.errand.job.ToolSourceException;
import dev.errand.job.ToolSpec;
import io.modelcontextprotocol.spec.McpSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The tools of a server as tools of ours; any thread may use it.
final class ServerTools {
  /// Under which the server is told the key of a call, which is the same when it is made again.
  private static final String KEY = "dev.errand/key";

  /// What providers of models take as a tool's name.
  private static final int LONGEST_NAME = 64;

  private final String server;
  private final Set<String> allowed;
  private final SharedConnection connection;
  private final Duration callTimeout;
  private final Duration longest;

  ServerTools(
      String server,
      Set<String> allowed,
      SharedConnection connection,
      Duration callTimeout,
      Duration longest) {
    this.server = server;
    this.allowed = Set.copyOf(allowed);
    this.connection = connection;
    this.callTimeout = callTimeout;
    this.longest = longest;
  }

  /// Asks the server.
  List<ToolFunction> ask() {
    var all = listed();
    requireAllowedAreThere(all);
    var taken = new HashSet<String>();
    var tools = new ArrayList<ToolFunction>();
    for (var tool : all) {
      if (allowed.isEmpty() || allowed.contains(tool.name())) {
        tools.add(tool(tool, free(tool.name(), taken)));
      }
    }
    return List.copyOf(tools);
  }

  @SuppressWarnings("IllegalCatch")
  private List<McpSchema.Tool> listed() {
    try {
      return connection.use(null, Connection::tools);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new ToolSourceException(
          "MCP server " + server + " was not waited for: this thread was interrupted", stopped);
    } catch (RuntimeException failed) {
      throw failed;
    } catch (Exception failed) {
      throw new ToolSourceException(
          "MCP server %s cannot be used: %s".formatted(server, failed.getMessage()), failed);
    }
  }

  private void requireAllowedAreThere(List<McpSchema.Tool> all) {
    var there = all.stream().map(McpSchema.Tool::name).toList();
    var missing = allowed.stream().filter(name -> !there.contains(name)).sorted().toList();
    if (!missing.isEmpty()) {
      throw new ToolSourceException(
          "MCP server %s has no tool %s, which it is allowed; it has %s"
              .formatted(server, String.join(", ", missing), String.join(", ", there)));
    }
  }

  /// Two names may become one here; the second is given a number then.
  private static String free(String written, Set<String> taken) {
    var wanted = written.replaceAll("[^A-Za-z0-9_]", "_");
    wanted = wanted.isEmpty() || Character.isDigit(wanted.charAt(0)) ? "_" + wanted : wanted;
    // One that begins with _ is for the library only.
    wanted = wanted.startsWith("_") ? "tool" + wanted : wanted;
    wanted = wanted.substring(0, Math.min(wanted.length(), LONGEST_NAME));
    var name = wanted;
    for (int n = 2; !taken.add(name); n++) {
      name = wanted.substring(0, Math.min(wanted.length(), LONGEST_NAME - 4)) + "_" + n;
    }
    return name;
  }

  private ToolFunction tool(McpSchema.Tool tool, String name) {
    var spec = new ToolSpec(name, description(tool), schema(tool.inputSchema()));
    return ToolFunction.of(spec, call -> call(tool.name(), call))
        .policy(policy(tool.annotations()))
        .timeout(longest)
        .alias(ToolSource.alias(server, tool.name()));
  }

  private static String description(McpSchema.Tool tool) {
    var words = tool.description() == null ? tool.title() : tool.description();
    return Objects.requireNonNullElse(words, "");
  }

  private static Json.Object schema(@Nullable Map<String, Object> given) {
    var schema =
        given == null || !(Json.of(given) instanceof Json.Object object)
            ? Json.Object.EMPTY
            : object;
    return schema.get("type").isPresent() ? schema : schema.with("type", "object");
  }

  private static EffectPolicy policy(McpSchema.@Nullable ToolAnnotations hints) {
    if (hints != null && Boolean.TRUE.equals(hints.readOnlyHint())) {
      return EffectPolicy.READ_ONLY;
    }
    return hints != null && Boolean.TRUE.equals(hints.idempotentHint())
        ? EffectPolicy.IDEMPOTENT
        : EffectPolicy.AT_MOST_ONCE;
  }

  private Object call(String tool, ToolFunction.Call call) throws Exception {
    var request =
        McpSchema.CallToolRequest.builder(tool)
            .arguments(Plain.map(call.arguments()))
            .meta(Map.of(KEY, call.key()))
            .build();
    return connection.use(
        call.job(), connected -> Results.of(tool, connected.call(request, callTimeout)));
  }
}
