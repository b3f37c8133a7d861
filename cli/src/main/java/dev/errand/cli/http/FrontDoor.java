package dev.errand.cli.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.errand.job.Json;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.StoreException;
import dev.errand.job.UnknownJobException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/// Answers calls that come by HTTP, each on a virtual thread of its own.
public final class FrontDoor implements AutoCloseable {
  private static final int LARGEST_BODY = 1_000_000;
  private static final String SECONDS = "30";

  private final HttpServer server;
  private final ExecutorService threads;
  private final List<Route> routes;
  private final Guard guard;

  private FrontDoor(HttpServer server, List<Route> routes, Guard guard) {
    this.server = server;
    this.threads = Executors.newVirtualThreadPerTaskExecutor();
    this.routes = List.copyOf(routes);
    this.guard = guard;
  }

  /// Opens it.
  ///
  /// @param host a name or an address of this machine
  /// @param port 0 for any that is free
  /// @param token what callers must know; null if nothing
  /// @throws IOException if there is no such address, or its port is taken
  public static FrontDoor open(String host, int port, @Nullable Token token, List<Route> routes)
      throws IOException {
    // The server reads these when it is first used: a caller that dawdles is hung up on.
    for (var limit : List.of("maxReqTime", "maxRspTime")) {
      System.getProperties().putIfAbsent("sun.net.httpserver." + limit, SECONDS);
    }
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(host), port), 0);
    var door = new FrontDoor(server, routes, new Guard(host, token));
    server.setExecutor(door.threads);
    server.createContext("/", door::handle);
    server.start();
    return door;
  }

  /// Where it is.
  public InetSocketAddress address() {
    return server.getAddress();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      var reply = reply(exchange);
      var body = (reply.body().print() + "\n").getBytes(StandardCharsets.UTF_8);
      var headers = exchange.getResponseHeaders();
      headers.set("Content-Type", "application/json; charset=utf-8");
      headers.set("Cache-Control", "no-store");
      headers.set("X-Content-Type-Options", "nosniff");
      if (reply.status() == 401) {
        headers.set("WWW-Authenticate", "Bearer");
      }
      exchange.sendResponseHeaders(reply.status(), body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private Reply reply(HttpExchange exchange) throws IOException {
    try {
      guard.check(exchange.getRequestHeaders());
      return new Reply(200, answer(exchange));
    } catch (RuntimeException refused) {
      return switch (refused) {
        case HttpRefusal refusal -> Reply.error(refusal.status(), message(refusal));
        case UnknownJobException unknown -> Reply.error(404, message(unknown));
        case SignalRefusedException late -> Reply.error(409, message(late));
        case StoreException broken -> Reply.error(503, message(broken));
        default -> Reply.error(500, "a fault of Errand itself: " + refused);
      };
    }
  }

  private Json answer(HttpExchange exchange) throws IOException {
    var path = path(exchange.getRequestURI().getRawPath());
    var allowed = Route.methods(routes, path);
    if (allowed.isEmpty()) {
      throw HttpRefusal.unknownPath();
    }
    for (var route : routes) {
      var parts = route.match(path);
      if (parts.isPresent() && route.method().equals(exchange.getRequestMethod())) {
        return route.handler().answer(new Call(parts.get(), body(exchange)));
      }
    }
    throw HttpRefusal.method(allowed);
  }

  /// The segments, each with what was written in percent signs; a slash written so parts none.
  private static List<String> path(String raw) {
    try {
      return Arrays.stream(raw.substring(1).split("/"))
          .map(part -> URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8))
          .toList();
    } catch (IllegalArgumentException garbled) {
      throw HttpRefusal.badRequest("the path is garbled: " + raw);
    }
  }

  private static Json.Object body(HttpExchange exchange) throws IOException {
    if (exchange.getRequestMethod().equals("GET")) {
      return Json.Object.EMPTY;
    }
    var type =
        Objects.requireNonNullElse(exchange.getRequestHeaders().getFirst("Content-Type"), "");
    if (!type.toLowerCase(Locale.ROOT).matches("application/json *(;.*)?")) {
      throw HttpRefusal.notJson();
    }
    var bytes = exchange.getRequestBody().readNBytes(LARGEST_BODY + 1);
    if (bytes.length > LARGEST_BODY) {
      throw HttpRefusal.tooLarge(LARGEST_BODY);
    }
    return object(bytes);
  }

  private static Json.Object object(byte[] bytes) {
    try {
      var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      if (Json.parse(text.toString()) instanceof Json.Object object) {
        return object;
      }
      throw HttpRefusal.badRequest(
          "the body is to be a JSON object, such as {\"text\": \"hello\"}");
    } catch (CharacterCodingException noText) {
      throw HttpRefusal.badRequest("the body is not UTF-8 text");
    } catch (IllegalArgumentException noJson) {
      throw HttpRefusal.badRequest("the body is not JSON: " + noJson.getMessage());
    }
  }

  private static String message(RuntimeException refused) {
    return Objects.requireNonNullElse(refused.getMessage(), refused.toString());
  }

  /// Lets nobody in any more, and ends the calls under way.
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private record Reply(int status, Json body) {
    static Reply error(int status, String message) {
      return new Reply(status, new Json.Object(Map.of("error", new Json.Text(message))));
    }
  }
}
