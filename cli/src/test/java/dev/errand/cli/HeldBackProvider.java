package dev.errand.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.errand.job.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/// A provider of models that speaks as OpenAI does: it has a root delegate a subtask, and answers
/// that one only once it is told to.
final class HeldBackProvider implements AutoCloseable {
  private static final String KEY = "sk-test-0123456789abcdef";

  private final HttpServer server;
  private final List<Json.Object> questions = new CopyOnWriteArrayList<>();
  private final CountDownLatch askedBySubtask = new CountDownLatch(1);
  private volatile boolean answers;

  private HeldBackProvider(HttpServer server) {
    this.server = server;
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v1/chat/completions", this::answer);
    server.start();
  }

  static HeldBackProvider open() throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return new HeldBackProvider(HttpServer.create(address, 0));
  }

  /// What a process is to find around it that uses this provider.
  Map<String, String> environment() {
    var address = server.getAddress();
    return Map.of(
        "OPENAI_BASE_URL",
        "http://" + address.getAddress().getHostAddress() + ":" + address.getPort() + "/v1",
        "OPENAI_API_KEY",
        KEY);
  }

  List<Json.Object> questions() {
    return List.copyOf(questions);
  }

  boolean awaitQuestionOfSubtask() throws InterruptedException {
    return askedBySubtask.await(1, TimeUnit.MINUTES);
  }

  void answerFromNowOn() {
    answers = true;
  }

  private void answer(HttpExchange exchange) throws IOException {
    var text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    questions.add((Json.Object) Json.parse(text));
    boolean isSubtask = text.contains("# SubTask: Sum");
    if (isSubtask && !answers) {
      askedBySubtask.countDown();
      return; // the connection stays open, and nothing comes
    }
    exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (var body = exchange.getResponseBody()) {
      body.write(events(isSubtask, text.contains("\"tool\"")).getBytes(StandardCharsets.UTF_8));
    }
  }

  private static String events(boolean isSubtask, boolean isTold) {
    if (isSubtask) {
      return said("found");
    }
    return isTold ? said("The subtask said: found") : chunk(DELEGATES, "tool_calls") + END;
  }

  private static final String DELEGATES =
      """
      {"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"c1","type":"function",\
      "function":{"name":"SubTask","arguments":"{\\"title\\":\\"Sum\\",\\"instructions\\":\\"Add.\\"}"}}]}\
      """;

  private static final String END =
      """
      data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],\
      "usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}

      data: [DONE]

      """;

  private static String said(String words) {
    var delta = Json.object("role", "assistant").with("content", words);
    return chunk(delta.print(), "stop") + END;
  }

  private static String chunk(String delta, String reason) {
    var head =
        "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",";
    return "%s\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":null}]}\n\n"
            .formatted(head, delta)
        + "%s\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"%s\"}]}\n\n"
            .formatted(head, reason);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
