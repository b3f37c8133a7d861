package dev.errand.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/*
 * A server that is a process of ours: a message is a line of its standard input or output.
 *
 * In place of the SDK's own, which gives up at the first line that is no message, does not say that the process has ended,
 * and does not say which process it is.
 *
 * Three threads read and write, each blocked in the process's streams and ended with it. The process has ended for whoever
 * hears of it when both its streams are read to the end, so that its last words are known. A process that closes its
 * standard output and goes on is of no use either: it is given a second to end.
 */
/// The standard input and output of a process of ours.
final class ProcessTransport implements Transport, McpClientTransport {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessTransport.class);
  private static final Duration FOR_THE_LAST_WORDS = Duration.ofSeconds(1);

  private final String server;
  private final ServerProcess process;
  private final Consumer<Throwable> broken;
  private final LastLines errors = new LastLines();
  private final LastLines rubbish = new LastLines();
  private final BlockingQueue<String> outgoing = new LinkedBlockingQueue<>();
  private final Thread errorReader;
  private volatile @Nullable Thread reader;

  private ProcessTransport(String server, ServerProcess process, Consumer<Throwable> broken) {
    this.server = server;
    this.process = process;
    this.broken = broken;
    this.errorReader = thread("errors", this::readErrors);
    thread("writer", this::write);
    process.onExit(this::exited);
  }

  /// Starts the process.
  ///
  /// @throws IOException if it cannot be started
  static ProcessTransport start(
      String server, ServerProcess.Command command, Consumer<Throwable> broken) throws IOException {
    return new ProcessTransport(server, ServerProcess.start(command), broken);
  }

  private Thread thread(String what, Runnable work) {
    return Thread.ofPlatform().daemon().name("errand-mcp-" + server + "-" + what).start(work);
  }

  @Override
  public McpClientTransport wire() {
    return this;
  }

  @Override
  public Optional<ProcessHandle> process() {
    return Optional.of(process.handle());
  }

  @Override
  public String lastWords() {
    var words = errors.isEmpty() ? "" : "It last wrote to its standard error:\n" + errors.text();
    var other =
        rubbish.isEmpty()
            ? ""
            : "It wrote to its standard output what is no message:\n" + rubbish.text();
    return words.isEmpty() || other.isEmpty() ? words + other : other + "\n" + words;
  }

  @Override
  public void end() {
    process.end();
  }

  @Override
  public List<String> protocolVersions() {
    return ProtocolVersions.KNOWN;
  }

  @Override
  public Mono<Void> connect(Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> handler) {
    return Mono.fromRunnable(() -> reader = thread("reader", () -> read(handler)));
  }

  @Override
  public Mono<Void> sendMessage(JSONRPCMessage message) {
    return Mono.fromRunnable(() -> outgoing.add(printed(message)));
  }

  private static String printed(JSONRPCMessage message) {
    try {
      return Plain.MAPPER.writeValueAsString(message);
    } catch (IOException none) {
      throw new IllegalArgumentException("A message cannot be sent: " + none.getMessage(), none);
    }
  }

  @Override
  public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
    return Plain.MAPPER.convertValue(data, type);
  }

  @Override
  public Mono<Void> closeGracefully() {
    return Mono.fromRunnable(this::end);
  }

  private void write() {
    try (var writer = process.input()) {
      while (process.handle().isAlive()) {
        writer.write(outgoing.take() + "\n");
        writer.flush();
      }
    } catch (IOException | InterruptedException ended) {
      LOG.debug("No more is written to MCP server {}: {}", server, ended.toString());
    }
  }

  private void read(Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> handler) {
    try (var reader = process.output()) {
      for (var line = reader.readLine(); line != null; line = reader.readLine()) {
        var message = message(line);
        if (message.isPresent()) {
          handler.apply(Mono.just(message.get())).subscribe(done -> {}, this::unhandled);
        } else {
          rubbish.add(line);
        }
      }
    } catch (IOException ended) {
      LOG.debug("No more is read from MCP server {}: {}", server, ended.toString());
    }
    Thread.ofVirtual().name("errand-mcp-silent-" + server).start(this::silent);
  }

  private void silent() {
    if (!process.hasEndedWithin(FOR_THE_LAST_WORDS)) {
      broken.accept(new IOException("it closed its standard output"));
    }
  }

  private void unhandled(Throwable fault) {
    LOG.warn("A message of MCP server {} was not understood", server, fault);
  }

  private static Optional<JSONRPCMessage> message(String line) {
    try {
      return Optional.of(McpSchema.deserializeJsonRpcMessage(Plain.MAPPER, line));
    } catch (IOException | RuntimeException none) {
      return Optional.empty();
    }
  }

  private void readErrors() {
    try (BufferedReader reader = process.errors()) {
      for (var line = reader.readLine(); line != null; line = reader.readLine()) {
        errors.add(line);
        LOG.debug("MCP server {}: {}", server, line);
      }
    } catch (IOException ended) {
      LOG.debug("MCP server {} has said its last word: {}", server, ended.toString());
    }
  }

  private void exited(int code) {
    outgoing.add(""); // wakes the writer, which sees the end
    try {
      errorReader.join(FOR_THE_LAST_WORDS);
      var other = reader;
      if (other != null) {
        other.join(FOR_THE_LAST_WORDS);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    broken.accept(new IOException("its process ended with exit code " + code));
  }
}
