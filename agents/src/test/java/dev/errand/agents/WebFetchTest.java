package dev.errand.agents;

import static dev.errand.agents.Calling.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.errand.agent.ToolFunction;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebFetchTest {
  private static final String LOOPBACK = "127.0.0.1";

  private HttpServer server;
  private ToolFunction fetch;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    fetch = Toolbox.withoutDirectory().web(LOOPBACK, "*.example.com").tool("WebFetch");
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private String address(String path) {
    return "http://" + LOOPBACK + ":" + server.getAddress().getPort() + path;
  }

  private void page(String path, String type, byte[] body) {
    server.createContext(
        path,
        exchange -> {
          exchange.getResponseHeaders().set("Content-Type", type);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
  }

  private void page(String path, String type, String body) {
    page(path, type, body.getBytes(StandardCharsets.UTF_8));
  }

  private void leads(String path, String to) {
    server.createContext(
        path,
        exchange -> {
          exchange.getResponseHeaders().set("Location", to);
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });
  }

  @Test
  void it_is_there_only_where_hosts_are_named() {
    assertThatThrownBy(() -> Toolbox.withoutDirectory().tool("WebFetch"))
        .hasMessageContaining("Toolbox.web(hosts)");
    assertThatThrownBy(() -> Toolbox.withoutDirectory().web())
        .hasMessageContaining("Name the hosts");
    assertThatThrownBy(() -> Toolbox.withoutDirectory().web("http://example.com/"))
        .hasMessageContaining("is no host");
  }

  @Test
  void a_page_is_reduced_to_what_there_is_to_read() throws Exception {
    page(
        "/page",
        "text/html; charset=utf-8",
        """
        <html><head><title>A page</title><style>p { color: red }</style></head>
        <body><nav><a href="/">Home</a></nav><script>var x = 1;</script>
        <h1>Häder</h1><p>Some <b>bold</b>
           words and <a href="/more">a link</a>.</p>
        <ul><li>one</li><li>two</li></ul>
        <pre>  kept
            as it is</pre><table><tr><th>a</th><td>b</td></tr></table></body></html>
        """);

    assertThat(call(fetch, "url", address("/page")))
        .isEqualTo(
            """
            A page

            # Häder

            Some bold words and [a link](%s).

            - one
            - two

              kept
                as it is

            a | b\
            """
                .formatted(address("/more")));
  }

  @Test
  void text_and_json_are_returned_as_they_are() throws Exception {
    page("/json", "application/json", "{\"a\": 1}");
    page(
        "/latin",
        "text/plain; charset=iso-8859-1",
        "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));

    assertThat(call(fetch, "url", address("/json"))).isEqualTo("{\"a\": 1}");
    assertThat(call(fetch, "url", address("/latin"))).isEqualTo("café");
  }

  @Test
  void a_long_page_says_how_to_read_on() throws Exception {
    page("/long", "text/plain", "0123456789");

    assertThat(call(fetch, "url", address("/long"), "max_length", 4))
        .isEqualTo(
            "0123\n[Characters 0 to 4 of 10. The page goes on: call WebFetch with start=4.]");
    assertThat(call(fetch, "url", address("/long"), "start", 8)).isEqualTo("89");
    assertThat(call(fetch, "url", address("/long"), "start", 10))
        .isEqualTo("[The page has 10 characters.]");
  }

  @Test
  void what_is_no_text_or_too_much_or_not_there_is_told() {
    page("/picture", "image/png", "x");
    page("/huge", "text/plain", new byte[5_000_001]);

    assertThatThrownBy(() -> call(fetch, "url", address("/picture")))
        .hasMessageContaining("image/png, which is no text");
    assertThatThrownBy(() -> call(fetch, "url", address("/huge")))
        .hasMessageContaining("more than 5,000,000 bytes");
    assertThatThrownBy(() -> call(fetch, "url", address("/none")))
        .hasMessageContaining("status 404");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          https://example.com/         | may not be called; allowed are 127.0.0.1, *.example.com
          https://badexample.com/      | may not be called
          https://example.com.evil.org | may not be called
          http://localhost/            | may not be called
          http://[::1]/                | may not be called
          http://127.0.0.2/            | may not be called
          http://2130706433/           | may not be called
          file:///etc/passwd           | http
          ftp://docs.example.com/      | http
          docs.example.com             | http
          https://me@docs.example.com/ | neither user nor password
          http:///path                 | must name a host
          http://a b/                  | is no address
          """)
  void what_is_not_listed_is_refused(String url, String why) {
    assertThatThrownBy(() -> call(fetch, "url", url))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(why);
  }

  @Test
  void redirects_are_followed_to_hosts_that_are_listed_only() throws Exception {
    leads("/moved", "/here");
    page("/here", "text/plain", "found");
    leads("/out", "http://localhost:" + server.getAddress().getPort() + "/here");
    leads("/file", "file:///etc/passwd");
    leads("/round", "/round");

    assertThat(call(fetch, "url", address("/moved"))).isEqualTo("found");
    assertThatThrownBy(() -> call(fetch, "url", address("/out")))
        .hasMessageContaining("localhost may not be called");
    assertThatThrownBy(() -> call(fetch, "url", address("/file"))).hasMessageContaining("http");
    assertThatThrownBy(() -> call(fetch, "url", address("/round")))
        .hasMessageContaining("more than 5 redirects");
  }

  /// So that rules of permissions look at it as at any call.
  @Test
  void a_redirect_to_another_host_is_told_and_not_followed() throws Exception {
    var port = server.getAddress().getPort();
    leads("/out", "http://localhost:" + port + "/here");
    page("/here", "text/plain", "found");
    var both = Toolbox.withoutDirectory().web("127.0.0.1", "localhost").tool("WebFetch");

    assertThat(String.valueOf(call(both, "url", address("/out"))))
        .contains("leads to another host, and was not followed: http://localhost:" + port + "/here")
        .doesNotContain("found");
  }

  @Test
  void a_listed_name_that_stands_for_an_address_of_this_network_is_refused() {
    var byName = new AllowedHosts(List.of("localhost"));
    var byAddress = new AllowedHosts(List.of("127.0.0.1", "::1", "*.localhost"));

    assertThat(byName).satisfies(hosts -> hosts.require(URI.create("http://localhost/")));
    assertThat(byAddress).satisfies(hosts -> hosts.require(URI.create("http://127.0.0.1/")));
    assertThatThrownBy(
            () -> new AllowedHosts(List.of("*.0.0.1")).require(URI.create("http://127.0.0.1/")))
        .hasMessageContaining("no public address and not listed itself");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "::ffff:10.0.0.1"
      })
  void an_address_of_this_network_is_not_public(String address) throws Exception {
    assertThat(AllowedHosts.isPublic(InetAddress.getByName(address))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"8.8.8.8", "100.128.0.1", "172.32.0.1", "2606:4700::1111"})
  void others_are(String address) throws Exception {
    assertThat(AllowedHosts.isPublic(InetAddress.getByName(address))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void an_interruption_ends_it(boolean inTheMiddle) throws Exception {
    var asked = new CountDownLatch(1);
    var over = new CountDownLatch(1);
    server.createContext(
        "/slow",
        exchange -> {
          if (inTheMiddle) {
            exchange.getResponseHeaders().set("Content-Type", "text/plain");
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('x');
            exchange.getResponseBody().flush();
          }
          asked.countDown();
          try {
            over.await();
          } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
          }
          exchange.close();
        });
    var ended = new CompletableFuture<String>();
    var caller =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    ended.complete(call(fetch, "url", address("/slow")));
                  } catch (Exception failed) {
                    ended.complete(failed.getClass().getSimpleName());
                  }
                });
    asked.await();

    caller.interrupt();

    assertThat(ended.get(60, TimeUnit.SECONDS)).isEqualTo("InterruptedException");
    over.countDown();
  }
}
