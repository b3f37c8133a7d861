package dev.errand.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.errand.job.Blob;
import dev.errand.job.Json;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FramesTest {
  private SocketChannel near;
  private SocketChannel far;

  @BeforeEach
  void connect(@TempDir Path folder) throws IOException {
    var address = UnixDomainSocketAddress.of(folder.resolve("s"));
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address);
      near = SocketChannel.open(address);
      far = server.accept();
    }
  }

  @AfterEach
  void disconnect() throws IOException {
    near.close();
    far.close();
  }

  @Test
  void frames_of_any_size_arrive_as_they_were_sent() throws Exception {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var sent = Stream.generate(() -> frame(random)).limit(60).toList();
    var received = new ArrayList<Frame>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var sending = threads.submit(() -> send(sent));
      var frames = new Frames(far, Long.MAX_VALUE);
      for (int i = 0; i < sent.size(); i++) {
        received.add(frames.receive());
      }
      sending.get();
    }
    for (int i = 0; i < sent.size(); i++) {
      assertThat(received.get(i).parts()).as("seed %d", seed).isEqualTo(sent.get(i).parts());
      assertThat(received.get(i).header().text("text"))
          .as("seed %d", seed)
          .isEqualTo(sent.get(i).header().text("text"));
    }
  }

  private Object send(List<Frame> sent) throws IOException {
    var frames = new Frames(near, Long.MAX_VALUE);
    for (var frame : sent) {
      frames.send(frame);
    }
    return sent;
  }

  private static Frame frame(Random random) {
    var text = "ü".repeat(size(random) / 10);
    var parts =
        IntStream.range(0, random.nextInt(4))
            .mapToObj(
                i -> {
                  var bytes = new byte[size(random)];
                  random.nextBytes(bytes);
                  return new Blob(bytes);
                })
            .toList();
    return new Frame(Json.object("text", text), parts);
  }

  /// Mostly small, and often about a size at which something changes.
  private static int size(Random random) {
    int[] edges = {0, 8, 8192, 65536, 1 << 20, 1 << 21};
    return Math.max(0, edges[random.nextInt(edges.length)] + random.nextInt(40) - 20);
  }

  @Test
  void the_end_of_the_connection_is_told_from_a_frame() throws IOException {
    near.close();
    var frames = new Frames(far, Long.MAX_VALUE);
    assertThatExceptionOfType(EOFException.class).isThrownBy(frames::receive);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "{", "{\"parts\":[-1]}", "{\"parts\":[3]}", "{\"parts\":{}}"})
  void what_is_no_frame_is_not_understood(String header) throws IOException {
    var text = header.getBytes(StandardCharsets.UTF_8);
    near.write(
        ByteBuffer.allocate(8 + text.length + 3).putInt(text.length).putInt(2).put(text).rewind());
    var frames = new Frames(far, Long.MAX_VALUE);
    assertThatExceptionOfType(Form.Misfit.class).isThrownBy(frames::receive);
  }
}
