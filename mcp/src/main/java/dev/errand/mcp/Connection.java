package dev.errand.mcp;

import dev.errand.job.ToolSourceException;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/*
 * One connection to one server, from its first word to its end; a new one is made after that.
 *
 * It has broken off when `broken` is completed, which happens once, with the reason. Every wait is for the answer or for
 * that, so that nobody waits for a server that is gone.
 *
 * The SDK does not tell a server that nobody waits for an answer any more. So the number that it gives a request is noted
 * on its way out, and the cancellation is sent from here.
 */
/// One connection to a server; any thread may use it.
final class Connection {
  private static final int MOST_PAGES = 1_000;

  private final String server;
  private final Transport transport;
  private final McpAsyncClient client;
  private final CompletableFuture<Object> broken = new CompletableFuture<>();
  private final Numbered numbered;
  private List<McpSchema.Tool> tools = List.of();

  private Connection(String server, Transport.Opening opening, Duration longest) throws Exception {
    this.server = server;
    this.transport = opening.open(this::breakOff);
    this.numbered = new Numbered(transport.wire());
    this.client =
        McpClient.async(numbered)
            .clientInfo(McpSchema.Implementation.builder("errand", "0.1").build())
            .requestTimeout(longest)
            .initializationTimeout(longest)
            .build();
  }

  /// Opens one, and learns what tools there are.
  ///
  /// @param most for all of that
  /// @param longest after which the SDK gives up a request, if nobody did before
  /// @param broken told when it has broken off, after it was opened
  /// @throws ToolSourceException if that fails, saying why
  @SuppressWarnings("IllegalCatch")
  static Connection open(
      String server,
      Transport.Opening opening,
      Duration most,
      Duration longest,
      Consumer<Connection> broken)
      throws InterruptedException {
    Connection connection;
    try {
      connection = new Connection(server, opening, longest);
    } catch (Exception failed) {
      throw new ToolSourceException(
          "MCP server %s cannot be started: %s".formatted(server, words(failed)), failed);
    }
    try {
      connection.begin(most);
    } catch (TimeoutException late) {
      connection.close();
      throw new ToolSourceException(
          connection.with(
              "MCP server %s did not answer initialize within %s s"
                  .formatted(server, most.toSeconds())),
          late);
    } catch (Exception failed) {
      connection.close();
      if (failed instanceof InterruptedException interrupted) {
        throw interrupted;
      }
      throw new ToolSourceException(
          connection.with("MCP server %s cannot be used: %s".formatted(server, words(failed))),
          failed);
    }
    connection.onBreak(broken);
    return connection;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what comes of telling is nobody's business
  private void onBreak(Consumer<Connection> told) {
    broken.whenComplete((none, why) -> told.accept(this));
  }

  private void begin(Duration most) throws Exception {
    await(client.initialize(), most);
    var all = new ArrayList<McpSchema.Tool>();
    var seen = new HashSet<String>();
    var page = await(client.listTools((String) null), most);
    all.addAll(page.tools());
    while (page.nextCursor() != null && !page.nextCursor().isEmpty()) {
      if (!seen.add(page.nextCursor()) || seen.size() > MOST_PAGES) {
        throw new IllegalStateException("its list of tools does not come to an end");
      }
      page = await(client.listTools(page.nextCursor()), most);
      all.addAll(page.tools());
    }
    tools = List.copyOf(all);
  }

  /// The tools that it had when it was connected.
  List<McpSchema.Tool> tools() {
    return tools;
  }

  Optional<ProcessHandle> process() {
    return transport.process();
  }

  boolean isAlive() {
    return !broken.isDone();
  }

  /// Calls a tool.
  ///
  /// @throws ToolSourceException if the server broke off, refused the call, or did not answer in
  ///   time
  McpSchema.CallToolResult call(McpSchema.CallToolRequest request, Duration most)
      throws InterruptedException {
    try {
      return await(client.callTool(request), most);
    } catch (TimeoutException late) {
      numbered.cancel(request, "it took too long");
      throw new ToolSourceException(
          "MCP server %s did not answer the call of %s within %d s; it was told to stop, and what it did by then is done"
              .formatted(server, request.name(), most.toSeconds()),
          late);
    } catch (InterruptedException stopped) {
      numbered.cancel(request, "its caller was stopped");
      throw stopped;
    } catch (ExecutionException failed) {
      var why = failed.getCause() == null ? failed : failed.getCause();
      var refused = refusal(why);
      if (refused != null) {
        throw new ToolSourceException(
            "MCP server %s refused the call of %s: %s"
                .formatted(server, request.name(), refused.getMessage()),
            refused);
      }
      breakOff(why);
      throw new ToolSourceException(
          with(
              "MCP server %s broke off while %s was called: %s. Whether the call did anything is not known; the next call connects anew."
                  .formatted(server, request.name(), words(reason(why)))),
          why);
    } finally {
      numbered.forget(request);
    }
  }

  /// What the server itself said; null if it was none of its words.
  private static @Nullable McpError refusal(Throwable why) {
    for (Throwable cause = why; cause != null; cause = cause.getCause()) {
      if (cause instanceof McpError error && error.getJsonRpcError() != null) {
        return error;
      }
    }
    return null;
  }

  /// Why it broke off first, if it did.
  private Throwable reason(Throwable otherwise) {
    return broken.isCompletedExceptionally() ? broken.exceptionNow() : otherwise;
  }

  private <T> T await(Mono<T> mono, Duration most)
      throws InterruptedException, ExecutionException, TimeoutException {
    var answer = mono.toFuture();
    try {
      CompletableFuture.anyOf(answer, broken).get(most.toMillis(), TimeUnit.MILLISECONDS);
      return answer.join();
    } finally {
      answer.cancel(true);
    }
  }

  private void breakOff(Throwable why) {
    broken.completeExceptionally(why);
  }

  private String with(String message) {
    var words = transport.lastWords();
    return words.isEmpty() ? message : message + "\n" + words;
  }

  /// What went wrong, in the words of the deepest cause that has any.
  static String words(Throwable failed) {
    var message = failed.getMessage();
    for (var cause = failed.getCause(); cause != null; cause = cause.getCause()) {
      message = cause.getMessage() == null ? message : cause.getMessage();
    }
    return Objects.requireNonNullElse(message, failed.getClass().getSimpleName());
  }

  /// Ends it, and the process if that is ours; calls that are under way fail. Twice does nothing.
  void close() {
    breakOff(new IllegalStateException("the connection was closed"));
    client.close();
    transport.end();
  }

  /// The wire, with the numbers that requests have on it; what the server tells without being asked
  /// is of no use here, and is not passed on.
  private record Numbered(McpClientTransport wire, Map<McpSchema.CallToolRequest, Object> numbers)
      implements McpClientTransport {
    Numbered(McpClientTransport wire) {
      this(wire, Collections.synchronizedMap(new IdentityHashMap<>()));
    }

    @Override
    public Mono<Void> sendMessage(JSONRPCMessage message) {
      if (message instanceof McpSchema.JSONRPCRequest request
          && request.params() instanceof McpSchema.CallToolRequest call) {
        numbers.put(call, request.id());
      }
      return wire.sendMessage(message);
    }

    void cancel(McpSchema.CallToolRequest call, String reason) {
      var number = numbers.remove(call);
      if (number != null) {
        var told = Map.of("requestId", number, "reason", reason);
        wire.sendMessage(new JSONRPCNotification("notifications/cancelled", told))
            .subscribe(done -> {}, gone -> {});
      }
    }

    void forget(McpSchema.CallToolRequest call) {
      numbers.remove(call);
    }

    @Override
    public Mono<Void> connect(Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> handler) {
      return wire.connect(
          message -> handler.apply(message.filter(one -> !(one instanceof JSONRPCNotification))));
    }

    @Override
    public void setExceptionHandler(Consumer<Throwable> handler) {
      wire.setExceptionHandler(handler);
    }

    @Override
    public List<String> protocolVersions() {
      return wire.protocolVersions();
    }

    @Override
    public Mono<Void> closeGracefully() {
      return wire.closeGracefully();
    }

    @Override
    public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
      return wire.unmarshalFrom(data, type);
    }
  }
}
