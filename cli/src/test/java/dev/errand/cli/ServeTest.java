package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.ToolFunction;
import dev.errand.cli.http.FrontDoor;
import dev.errand.cli.http.Token;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Telling and asking by HTTP, and who may.
@Timeout(60)
class ServeTest {
  private static final String ANSWERING = "/jobs/invoice-7/callbacks/approve%20payment";
  private static final Token TOKEN = Token.random();
  @TempDir Path directory;
  private final HttpClient client = HttpClient.newHttpClient();
  private Errand working;
  private Errand errand;
  private FrontDoor door;
  private Job job;

  @BeforeEach
  void open_the_door_beside_a_worker() throws IOException {
    working = Asking.open(directory);
    errand = Errand.open(directory.resolve("errand.db"));
    door = FrontDoor.open("127.0.0.1", 0, TOKEN, Routes.of(errand));
    job = Asking.clerk(working, "invoice-7");
  }

  @AfterEach
  void close() {
    client.close();
    door.close();
    errand.close();
    working.close();
  }

  @Test
  void a_callback_is_answered_once() throws Exception {
    var first = post(ANSWERING, "{\"value\":{\"ok\":true}}");
    assertThat(first.status()).isEqualTo(200);
    assertThat(first.body().text("state")).contains("COMPLETED");

    var second = post(ANSWERING, "{\"value\":{\"ok\":false}}");
    assertThat(second.status()).isEqualTo(409);
    assertThat(second.error()).contains("approve payment").contains("has ended already: COMPLETED");
    assertThat(Asking.end(job)).isEqualTo("{\"ok\":true}");
  }

  @Test
  void a_callback_is_refused() throws Exception {
    assertThat(post(ANSWERING, "{\"error\":\"nobody is there\"}").status()).isEqualTo(200);

    assertThat(Asking.end(job)).isEqualTo("refused: nobody is there");
  }

  @Test
  void null_is_an_answer() throws Exception {
    assertThat(post(ANSWERING, "{\"value\":null}").status()).isEqualTo(200);

    assertThat(Asking.end(job)).isEqualTo("null");
  }

  @Test
  void a_message_reaches_a_job() throws Exception {
    var listener = Asking.suspended(Asking.listener(working, "ear", "callback('go').result"));

    var said = post("/jobs/ear/messages", "{\"text\":\"Never mind.\"}");

    assertThat(said.status()).isEqualTo(200);
    assertThat(said.body().text("job")).contains(listener.id().text());
    assertThat(Asking.end(listener)).contains("Never mind.");
    assertThat(post("/jobs/invoice-7.1/messages", "{\"text\":\"hello\"}").status()).isEqualTo(404);
  }

  @Test
  void a_call_that_waits_for_a_person_is_in_the_inbox_and_is_allowed_once() throws Exception {
    var payer =
        Agent.named("payer")
            .tools(ToolFunction.of("pay", "", List.of("what"), call -> "paid"))
            .permissions(all -> all.ask("pay"))
            .program(job -> job.call("pay", Json.object("what", "ann")))
            .build();
    var paying = Asking.suspended(working.submit(payer, spec -> spec.key("bill")));
    var asked = (Json.Object) ((Json.Array) get("/jobs/bill/inbox").json()).items().getFirst();
    assertThat(asked.text("tool")).contains("pay");
    assertThat(((Json.Array) get("/inbox").json()).items()).hasSize(2);
    var at = "/approvals/" + asked.text("id").orElseThrow();

    assertThat(post(at, "{\"allow\":\"yes\"}").status()).isEqualTo(400);
    assertThat(post("/approvals/bill", "{\"allow\":true}").status()).isEqualTo(409);
    var said = post(at, "{\"allow\":true,\"by\":\"ann\"}");
    assertThat(said.status()).isEqualTo(200);
    assertThat(said.body().text("by")).contains("ann");
    assertThat(post(at, "{\"allow\":false}").status()).isEqualTo(409);
    assertThat(Asking.end(paying)).isEqualTo("paid");
  }

  @Test
  void a_job_is_cancelled() throws Exception {
    assertThat(post("/jobs/invoice-7/cancellation", "{\"how\":\"now\"}").status()).isEqualTo(400);
    var said = post("/jobs/invoice-7/cancellation", "{\"how\":\"kill\",\"reason\":\"enough\"}");

    assertThat(said.status()).isEqualTo(200);
    assertThat(said.body().number("stopping")).contains(2L);
    assertThat(job.await(Duration.ofMinutes(1))).isEqualTo(new Outcome.Cancelled("enough"));
    assertThat(post("/jobs/invoice-7/cancellation", "{\"how\":\"ask\"}").status()).isEqualTo(409);
  }

  @Test
  void a_message_to_a_job_that_cannot_hear_it_is_a_conflict() throws Exception {
    var said = post("/jobs/invoice-7/messages", "{\"text\":\"hello\"}");

    assertThat(said.status()).isEqualTo(409);
    assertThat(said.error()).contains("no model");
  }

  @Test
  void a_job_and_the_open_callbacks_are_shown_as_the_commands_show_them() throws Exception {
    var shell = new Shell(directory);

    var shown = get("/jobs/invoice-7");
    var listed = (Json.Object) ((Json.Array) get("/callbacks").json()).items().getFirst();

    assertThat(shown.body().members().keySet())
        .isEqualTo(
            ((Json.Object) Json.parse(shell.errand("show", "invoice-7", "--json").out()))
                .members()
                .keySet());
    assertThat(shown.body().text("status")).contains("SUSPENDED");
    assertThat(listed.text("name")).contains("approve payment");
    assertThat(get("/jobs/" + job.id()).body().text("key")).contains("invoice-7");
  }

  @Test
  void the_open_callbacks_of_a_job_are_those_of_it_and_of_all_below_it() throws Exception {
    var editor = Asking.editor(working, "book");

    assertThat(asking("/callbacks")).hasSize(3);
    assertThat(asking("/jobs/invoice-7/callbacks")).containsExactly(job.id().text());
    assertThat(asking("/jobs/book/callbacks"))
        .containsExactly(editor.id().child(1).text(), editor.id().child(2).text());
    assertThat(asking("/jobs/" + editor.id().child(2) + "/callbacks"))
        .containsExactly(editor.id().child(2).text());

    post(ANSWERING, "{\"value\":1}");
    assertThat(asking("/jobs/invoice-7/callbacks")).isEmpty();
    assertThat(get("/jobs/nobody/callbacks").status()).isEqualTo(404);
  }

  /// The jobs whose callbacks are listed there.
  private List<String> asking(String path) throws Exception {
    return ((Json.Array) get(path).json())
        .items().stream()
            .map(callback -> ((Json.Object) callback).text("job").orElseThrow())
            .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/jobs/nobody", "/jobs", "/", "/callbacks/x", "/jobs/invoice-7/messages/1"})
  void what_is_not_there_is_not_found(String path) throws Exception {
    var answer = get(path);

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.error()).isNotBlank();
  }

  @Test
  void a_callback_that_is_not_there_is_not_found() throws Exception {
    var answer = post("/jobs/invoice-7/callbacks/none", "{\"value\":1}");

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.error()).contains("has no callback 'none'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                          | give "value"
          {"value": 1, "error": "no"} | give "value"
          {"answer": 1}               | the body has 'answer'; known are error, value
          {"error": 7}                | "error" is to be text
          [1]                         | is to be a JSON object
          value                       | is not JSON
          ''                          | is not JSON
          """)
  void what_cannot_be_understood_is_refused_with_the_reason(String body, String why)
      throws Exception {
    var answer = post(ANSWERING, body);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.error()).contains(why);
    assertThat(job.callbacks()).hasSize(1);
  }

  @Test
  void a_blank_message_is_refused() throws Exception {
    assertThat(post("/jobs/invoice-7/messages", "{\"text\":\" \"}").status()).isEqualTo(400);
  }

  @Test
  void a_body_has_a_limit() throws Exception {
    var answer = post(ANSWERING, "{\"value\":\"" + "x".repeat(1_000_000) + "\"}");

    assertThat(answer.status()).isEqualTo(413);
  }

  @Test
  void a_body_that_is_not_declared_as_json_is_refused() throws Exception {
    var answer = send(request(ANSWERING).POST(BodyPublishers.ofString("{\"value\":1}")));

    assertThat(answer.status()).isEqualTo(415);
  }

  @Test
  void another_method_is_refused_with_those_that_there_are() throws Exception {
    assertThat(send(request("/jobs/invoice-7").DELETE()).error()).isEqualTo("this path takes GET");
    assertThat(get(ANSWERING).status()).isEqualTo(405);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Bearer wrong-and-wrong-again", "Basic abc", "Bearer"})
  void who_does_not_know_the_token_is_told_nothing(String said) throws Exception {
    var request = HttpRequest.newBuilder(uri("/jobs/nobody"));
    if (!said.isEmpty()) {
      request.header("Authorization", said);
    }

    var answer = send(request);

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.error()).doesNotContain("nobody").contains("Authorization: Bearer");
  }

  @ParameterizedTest
  @CsvSource({
    "Origin, http://evil.example",
    "Origin, null",
    "Sec-Fetch-Site, cross-site",
    "Sec-Fetch-Site, same-site",
  })
  void a_page_of_another_site_is_refused(String header, String value) throws Exception {
    assertThat(send(request("/callbacks").header(header, value)).status()).isEqualTo(403);
  }

  @Test
  void a_page_of_the_same_origin_is_let_in() throws Exception {
    var origin = "http://127.0.0.1:" + door.address().getPort();

    assertThat(send(request("/callbacks").header("Origin", origin)).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, 200",
    "LocalHost:1, 200",
    "[::1]:80, 200",
    "evil.example, 403",
    "127.0.0.1.evil.example, 403",
    "localhost.evil.example:80, 403",
  })
  void only_addresses_and_known_names_are_let_in_as_host(String host, int status)
      throws IOException {
    var request =
        """
        GET /callbacks HTTP/1.1
        Host: %s
        Authorization: Bearer %s
        Connection: close

        """
            .formatted(host, TOKEN.text())
            .replace("\n", "\r\n");
    try (var socket = new Socket(door.address().getAddress(), door.address().getPort())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
    }
  }

  private Answered get(String path) throws Exception {
    return send(request(path));
  }

  private Answered post(String path, String body) throws Exception {
    return send(
        request(path)
            .header("Content-Type", "application/json; charset=utf-8")
            .POST(BodyPublishers.ofString(body)));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(uri(path)).header("Authorization", "Bearer " + TOKEN.text());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + door.address().getPort() + path);
  }

  private Answered send(HttpRequest.Builder request) throws Exception {
    var answer = client.send(request.build(), BodyHandlers.ofString());
    assertThat(answer.headers().firstValue("Content-Type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("application/json"));
    return new Answered(answer.statusCode(), Json.parse(answer.body()));
  }

  /// What came back.
  private record Answered(int status, Json json) {
    Json.Object body() {
      return (Json.Object) json;
    }

    String error() {
      return body().text("error").orElseThrow();
    }
  }
}
