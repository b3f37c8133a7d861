package dev.errand.mcp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/// The server `server-everything` by streamable HTTP, at a port that was free.
final class EverythingByHttp implements AutoCloseable {
  private final int port;
  private Process process;

  private EverythingByHttp(int port) throws IOException {
    this.port = port;
    this.process = started();
  }

  static EverythingByHttp start() throws IOException {
    return new EverythingByHttp(freePort());
  }

  private static int freePort() throws IOException {
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private Process started() throws IOException {
    var builder = new ProcessBuilder(Npm.everything("streamableHttp"));
    builder.environment().put("PORT", Integer.toString(port));
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    var server = builder.start();
    var errors = server.errorReader(StandardCharsets.UTF_8);
    var said = new StringBuilder();
    for (var line = errors.readLine(); line != null; line = errors.readLine()) {
      if (line.contains("listening on port " + port)) {
        Thread.ofPlatform().daemon().start(() -> errors.lines().forEach(ignored -> {}));
        return server;
      }
      said.append(line).append('\n');
    }
    throw new AssertionError("The server does not listen:\n" + said);
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + port + "/mcp");
  }

  /// Kills it and starts it again.
  void restart() throws IOException, InterruptedException {
    process.destroyForcibly().waitFor();
    process = started();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
