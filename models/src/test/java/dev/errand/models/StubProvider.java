package dev.errand.models;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.errand.job.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/// A provider on this machine that gives the answers it was told to, in order, and keeps what it
/// was asked. The last answer is given again and again.
final class StubProvider implements AutoCloseable {
  /// One answer.
  interface Answer {
    void give(HttpExchange exchange) throws IOException, InterruptedException;
  }

  /// One request.
  record Asked(String path, Map<String, List<String>> headers, String text) {
    Json.Object body() {
      return (Json.Object) Json.parse(text);
    }

    List<Json> messages() {
      return ((Json.Array) body().get("messages").orElseThrow()).items();
    }

    String header(String name) {
      return headers.getOrDefault(name, List.of("none")).getFirst();
    }
  }

  private final HttpServer server;
  private final LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  final List<Asked> asked = new CopyOnWriteArrayList<>();

  StubProvider() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1000);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
  }

  StubProvider answers(Answer... more) {
    answers.addAll(List.of(more));
    return this;
  }

  /// Waits until the stub is closed: an answer that does not come.
  void stall() throws InterruptedException {
    closed.await();
  }

  static Answer json(String body) {
    return answer(200, Map.of("Content-Type", "application/json"), body);
  }

  static Answer answer(int status, Map<String, String> headers, String body) {
    return exchange -> {
      headers.forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
      var bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      if (bytes.length > 0) {
        exchange.getResponseBody().write(bytes);
      }
      exchange.close();
    };
  }

  /// A stream that ends as it should.
  static Answer events(String text) {
    return exchange -> {
      write(begin(exchange), text);
      exchange.close();
    };
  }

  /// A stream whose connection is cut.
  static Answer cut(String text) {
    return exchange -> {
      write(begin(exchange), text);
      throw new IOException("cut");
    };
  }

  static OutputStream begin(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    return exchange.getResponseBody();
  }

  static void write(OutputStream body, String text) throws IOException {
    body.write(text.getBytes(StandardCharsets.UTF_8));
    body.flush();
  }

  private void answer(HttpExchange exchange) throws IOException {
    var text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    asked.add(new Asked(exchange.getRequestURI().toString(), exchange.getRequestHeaders(), text));
    try {
      var next = answers.size() > 1 ? answers.poll() : answers.peek();
      if (next == null) {
        throw new IOException("The stub was asked and told no answer");
      }
      next.give(exchange);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      exchange.close();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
  }
}
