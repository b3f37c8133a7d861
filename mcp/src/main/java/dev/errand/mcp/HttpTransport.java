package dev.errand.mcp;

import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/// A server elsewhere, by streamable HTTP.
///
/// What the SDK hears of trouble is told here, too; it is not to begin a session anew by itself,
/// for the calls of the old one are lost.
final class HttpTransport implements Transport, McpClientTransport {
  private final HttpClientStreamableHttpTransport wire;

  private HttpTransport(HttpClientStreamableHttpTransport wire, Consumer<Throwable> broken) {
    this.wire = wire;
    wire.setExceptionHandler(broken);
  }

  static HttpTransport open(
      URI url, Map<String, String> headers, Duration connectTimeout, Consumer<Throwable> broken) {
    var requests = HttpRequest.newBuilder();
    headers.forEach(requests::header);
    var base = url.getScheme() + "://" + url.getRawAuthority();
    var query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    var path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    var wire =
        HttpClientStreamableHttpTransport.builder(base)
            .endpoint(path + query)
            .requestBuilder(requests)
            .connectTimeout(connectTimeout)
            .supportedProtocolVersions(ProtocolVersions.KNOWN)
            .build();
    return new HttpTransport(wire, broken);
  }

  @Override
  public McpClientTransport wire() {
    return this;
  }

  @Override
  public Optional<ProcessHandle> process() {
    return Optional.empty();
  }

  @Override
  public String lastWords() {
    return "";
  }

  @Override
  public void end() {
    wire.closeGracefully().subscribe(done -> {}, ignored -> {});
  }

  @Override
  public List<String> protocolVersions() {
    return wire.protocolVersions();
  }

  @Override
  public Mono<Void> connect(Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> handler) {
    return wire.connect(handler);
  }

  @Override
  public void setExceptionHandler(Consumer<Throwable> ignored) {
    // This side hears of trouble; see above.
  }

  @Override
  public Mono<Void> sendMessage(JSONRPCMessage message) {
    return wire.sendMessage(message);
  }

  @Override
  public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
    return wire.unmarshalFrom(data, type);
  }

  @Override
  public Mono<Void> closeGracefully() {
    return wire.closeGracefully();
  }
}
