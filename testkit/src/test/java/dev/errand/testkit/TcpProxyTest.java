package dev.errand.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.errand.testkit.TcpProxy.Side;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TcpProxyTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private Server server;
  private TcpProxy proxy;

  /// Answers each line with `did ` and the line, and remembers it.
  private static final class Server {
    final ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    final BlockingQueue<String> ends = new LinkedBlockingQueue<>();
    private final Thread accepting;

    Server() throws IOException {
      accepting = Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
      try {
        while (true) {
          var socket = door.accept();
          Thread.ofVirtual().start(() -> answer(socket));
        }
      } catch (IOException closed) {
        return;
      }
    }

    private void answer(Socket socket) {
      try (socket) {
        var peer = new Peer(socket);
        for (var line = peer.hear(); line != null; line = peer.hear()) {
          lines.add(line);
          peer.say("did " + line + "\n");
        }
        peer.say("bye\n");
        ends.add("ended");
      } catch (IOException broken) {
        ends.add("broken");
      }
    }

    String heard() throws InterruptedException {
      return lines.poll(30, TimeUnit.SECONDS);
    }

    String ended() throws InterruptedException {
      return ends.poll(30, TimeUnit.SECONDS);
    }

    /// Waits until nobody is let in any more: a virtual thread that accepts may do so once more.
    void close() throws IOException, InterruptedException {
      door.close();
      accepting.join();
    }
  }

  /// One end of a connection.
  private record Peer(Socket socket) implements AutoCloseable {
    void say(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(UTF_8));
    }

    /// The next line, or null at the end.
    @Nullable String hear() throws IOException {
      var line = new StringBuilder();
      for (int next = socket.getInputStream().read(); ; next = socket.getInputStream().read()) {
        if (next < 0) {
          return null;
        }
        if (next == '\n') {
          return line.toString();
        }
        line.append((char) next);
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @BeforeEach
  void put_a_proxy_before_a_server() throws IOException {
    server = new Server();
    proxy = TcpProxy.to("127.0.0.1", server.door.getLocalPort());
  }

  @AfterEach
  void end_both() throws IOException, InterruptedException {
    proxy.close();
    server.close();
  }

  private Peer client() throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout((int) LONG.toMillis());
    return new Peer(socket);
  }

  @Test
  void what_is_said_is_passed_both_ways_until_the_end() throws Exception {
    try (var client = client()) {
      client.say("one\ntwo\n");
      assertThat(client.hear()).isEqualTo("did one");
      assertThat(client.hear()).isEqualTo("did two");
      assertThat(proxy.connections()).isOne();
      client.socket().shutdownOutput();
      assertThat(client.hear()).isEqualTo("bye");
      assertThat(client.hear()).isNull();
    }
    assertThat(server.ended()).isEqualTo("ended");
    await().until(() -> proxy.connections() == 0);
    assertThat(proxy.seen()).isOne();
  }

  @Test
  void much_is_passed_unchanged() throws Exception {
    var much = "x".repeat(1_000_000);
    try (var client = client()) {
      client.say(much + "\n");
      assertThat(client.hear()).isEqualTo("did " + much);
    }
  }

  @Test
  void a_cut_resets_all_connections_on_both_sides_and_new_ones_are_let_in() throws Exception {
    try (var one = client();
        var two = client()) {
      for (var client : new Peer[] {one, two}) {
        client.say("here\n");
        client.hear();
      }
      proxy.cut();
      assertThatThrownBy(one::hear).isInstanceOf(IOException.class).hasMessageContaining("reset");
      assertThatThrownBy(two::hear).isInstanceOf(IOException.class).hasMessageContaining("reset");
      assertThat(server.ended()).isEqualTo("broken");
      assertThat(server.ended()).isEqualTo("broken");
    }
    try (var again = client()) {
      again.say("again\n");
      assertThat(again.hear()).isEqualTo("did again");
    }
  }

  @Test
  void while_it_refuses_nobody_gets_in() throws Exception {
    proxy.refuse(true);
    assertThatThrownBy(
            () -> {
              try (var client = client()) {
                client.say("hello\n");
                if (client.hear() == null) {
                  throw new IOException("ended");
                }
              }
            })
        .isInstanceOf(IOException.class);
    assertThat(server.lines).isEmpty();
    proxy.refuse(false);
    try (var client = client()) {
      client.say("hello\n");
      assertThat(client.hear()).isEqualTo("did hello");
    }
  }

  @Test
  void a_server_that_is_away_cuts_its_clients_off_until_it_is_back() throws Exception {
    int port = server.door.getLocalPort();
    server.close();
    assertThatThrownBy(
            () -> {
              try (var client = client()) {
                client.say("hello\n");
                if (client.hear() == null) {
                  throw new IOException("ended");
                }
              }
            })
        .isInstanceOf(IOException.class);
    try (var back = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        var client = client();
        var accepted = new Peer(back.accept())) {
      client.say("hello\n");
      assertThat(accepted.hear()).isEqualTo("hello");
    }
  }

  @Test
  void half_closed_by_the_client_the_server_still_answers() throws Exception {
    try (var client = client()) {
      client.say("one\n");
      client.hear();
      proxy.halfClose(Side.CLIENT);
      assertThat(server.ended()).isEqualTo("ended");
      assertThat(client.hear()).isEqualTo("bye");
    }
  }

  @Test
  void half_closed_by_the_server_the_client_is_still_heard() throws Exception {
    try (var client = client()) {
      client.say("one\n");
      client.hear();
      server.heard();
      proxy.halfClose(Side.SERVER);
      assertThat(client.hear()).isNull();
      client.say("two\n");
      assertThat(server.heard()).isEqualTo("two");
    }
  }

  @Test
  void what_is_held_comes_when_it_is_released() throws Exception {
    try (var client = client()) {
      client.say("one\n");
      assertThat(client.hear()).isEqualTo("did one");
      proxy.hold(Side.SERVER);
      client.say("two\n");
      assertThat(server.heard()).isEqualTo("one");
      assertThat(server.heard()).isEqualTo("two");
      client.socket().setSoTimeout(100);
      assertThatThrownBy(client::hear).isInstanceOf(SocketTimeoutException.class);
      client.socket().setSoTimeout((int) LONG.toMillis());
      proxy.release();
      assertThat(client.hear()).isEqualTo("did two");
    }
  }

  @Test
  void what_a_client_says_is_held_from_the_server() throws Exception {
    try (var client = client()) {
      proxy.hold(Side.CLIENT);
      client.say("one\n");
      assertThat(server.lines.poll(100, TimeUnit.MILLISECONDS)).isNull();
      proxy.release();
      assertThat(server.heard()).isEqualTo("one");
    }
  }

  @Test
  void what_is_delayed_comes_later() throws Exception {
    try (var client = client()) {
      proxy.delay(Duration.ofMillis(60));
      long begin = System.nanoTime();
      client.say("one\n");
      assertThat(client.hear()).isEqualTo("did one");
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(120));
    }
  }

  @Test
  void a_request_is_lost_before_the_server_sees_it() throws Exception {
    var trap = proxy.cutBefore(Side.CLIENT, "COMMIT");
    try (var client = client()) {
      client.say("begin\n");
      assertThat(client.hear()).isEqualTo("did begin");
      assertThat(trap.isOff()).isFalse();
      client.say("COMMIT\n");
      assertThatThrownBy(client::hear).isInstanceOf(IOException.class);
    }
    assertThat(trap.await(LONG)).isTrue();
    assertThat(server.ended()).isEqualTo("broken");
    assertThat(server.lines).containsExactly("begin");
  }

  @Test
  void an_answer_is_lost_after_the_server_did_what_it_was_asked() throws Exception {
    var trap = proxy.cutInsteadOfAnswerTo("COMMIT");
    try (var client = client()) {
      client.say("begin\n");
      assertThat(client.hear()).isEqualTo("did begin");
      client.say("COMMIT\n");
      assertThatThrownBy(client::hear).isInstanceOf(IOException.class);
    }
    assertThat(trap.await(LONG)).isTrue();
    assertThat(server.lines).containsExactly("begin", "COMMIT");
  }

  @Test
  void an_answer_is_lost_too_where_the_connection_breaks_before_it() throws Exception {
    var trap = proxy.cutInsteadOfAnswerTo("COMMIT");
    proxy.hold(Side.SERVER);
    try (var client = client()) {
      client.say("COMMIT\n");
      await().atMost(LONG).until(() -> server.lines.contains("COMMIT"));
      assertThat(trap.isOff()).isFalse();
      proxy.cut();
      assertThat(trap.await(LONG)).isTrue();
    }
  }

  @Test
  void an_answer_is_lost_by_what_it_says() throws Exception {
    var trap = proxy.cutBefore(Side.SERVER, "did two");
    try (var client = client()) {
      client.say("one\n");
      assertThat(client.hear()).isEqualTo("did one");
      client.say("two\n");
      assertThatThrownBy(client::hear).isInstanceOf(IOException.class);
    }
    assertThat(trap.await(LONG)).isTrue();
    assertThat(server.lines).containsExactly("one", "two");
  }

  @Test
  void a_text_is_found_that_comes_in_pieces() throws Exception {
    var trap = proxy.cutBefore(Side.CLIENT, "COMMIT");
    try (var client = client()) {
      client.socket().setTcpNoDelay(true);
      client.say("one\nCOM");
      assertThat(client.hear()).isEqualTo("did one");
      client.say("MIT\n");
      assertThatThrownBy(client::hear).isInstanceOf(IOException.class);
    }
    assertThat(trap.await(LONG)).isTrue();
    assertThat(server.lines).containsExactly("one");
  }

  @Test
  void a_trap_goes_off_once_and_not_when_it_was_removed() throws Exception {
    var removed = proxy.cutBefore(Side.CLIENT, "one");
    removed.remove();
    var trap = proxy.cutBefore(Side.CLIENT, "two");
    try (var client = client()) {
      client.say("one\n");
      assertThat(client.hear()).isEqualTo("did one");
      client.say("two\n");
      assertThatThrownBy(client::hear).isInstanceOf(IOException.class);
    }
    assertThat(trap.await(LONG)).isTrue();
    try (var client = client()) {
      client.say("two\n");
      assertThat(client.hear()).isEqualTo("did two");
    }
    assertThat(removed.isOff()).isFalse();
  }
}
