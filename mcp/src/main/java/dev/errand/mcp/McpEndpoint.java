package dev.errand.mcp;

import dev.errand.job.EffectPolicy;
import dev.errand.job.Json;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;

/// An MCP server of ours: offers tools to the one client at the other end of two streams.
public final class McpEndpoint {
  private McpEndpoint() {}

  /// Who a client is told that it talks with.
  ///
  /// @param name of the server
  /// @param version of it
  /// @param instructions how its tools are used, for models
  public record About(String name, String version, String instructions) {}

  /// Serves until the client closes its end.
  ///
  /// Calls are carried out several at a time. Nothing but messages is written to `out`.
  ///
  /// @throws InterruptedException if this thread is interrupted; the client is served no more
  public static void serve(About about, List<ServedTool> tools, InputStream in, OutputStream out)
      throws InterruptedException {
    var ended = new CountDownLatch(1);
    var transport =
        new StdioServerTransportProvider(McpJsonDefaults.getMapper(), new Watched(in, ended), out);
    var server =
        io.modelcontextprotocol.server.McpServer.sync(transport)
            .serverInfo(about.name(), about.version())
            .instructions(about.instructions())
            .capabilities(McpSchema.ServerCapabilities.builder().tools(false).build())
            .tools(tools.stream().map(McpEndpoint::specification).toList())
            .build();
    try {
      ended.await();
    } finally {
      server.close();
    }
  }

  private static McpServerFeatures.SyncToolSpecification specification(ServedTool tool) {
    boolean reads = tool.policy() == EffectPolicy.READ_ONLY;
    var hints =
        McpSchema.ToolAnnotations.builder()
            .readOnlyHint(reads)
            .idempotentHint(reads || tool.policy() == EffectPolicy.IDEMPOTENT)
            .openWorldHint(false)
            .build();
    var offered =
        McpSchema.Tool.builder(tool.spec().name(), Plain.map(tool.spec().schema()))
            .description(tool.spec().description())
            .annotations(hints)
            .build();
    return new McpServerFeatures.SyncToolSpecification(
        offered, (exchange, request) -> carriedOut(tool, request));
  }

  @SuppressWarnings("IllegalCatch")
  private static McpSchema.CallToolResult carriedOut(
      ServedTool tool, McpSchema.CallToolRequest request) {
    try {
      var given = request.arguments();
      var arguments =
          given != null && Json.of(given) instanceof Json.Object object
              ? object
              : Json.Object.EMPTY;
      var result = tool.action().call(arguments);
      return McpSchema.CallToolResult.builder()
          .addTextContent(result.print())
          .structuredContent(Plain.map(result))
          .build();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return failed("interrupted");
    } catch (Exception failed) {
      return failed(Objects.requireNonNullElse(failed.getMessage(), failed.toString()));
    }
  }

  private static McpSchema.CallToolResult failed(String message) {
    return McpSchema.CallToolResult.builder().addTextContent(message).isError(true).build();
  }

  /// Sees the end of the input.
  private static final class Watched extends FilterInputStream {
    private final CountDownLatch ended;

    Watched(InputStream in, CountDownLatch ended) {
      super(in);
      this.ended = ended;
    }

    @Override
    public int read() throws IOException {
      return seen(super.read());
    }

    @Override
    public int read(byte[] bytes, int from, int most) throws IOException {
      return seen(super.read(bytes, from, most));
    }

    private int seen(int read) {
      if (read < 0) {
        ended.countDown();
      }
      return read;
    }
  }
}
