package dev.errand.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// A real PgBouncer in transaction mode in front of a PostgreSQL server: a few connections to it,
/// each of which serves any client for one transaction at a time.
///
/// It hands them out in turn, so that hardly two transactions of a client get the same one. It is
/// the program of this machine, runs as the user that [PostgresServer] runs as, and like that
/// server never outlives this JVM. Safe for several threads.
public final class PgBouncer implements AutoCloseable {
  private static final String NAME = "pgbouncer";

  /// Root's programs are not on everybody's path.
  private static final String FURTHER = File.pathSeparator + "/usr/sbin";

  private final int port;
  private final Watch watch;

  private PgBouncer(int port, Watch watch) {
    this.port = port;
    this.watch = watch;
  }

  /// Starts one; returns when it takes connections.
  ///
  /// @param server the url of a database of the server; the others can be reached as well
  /// @param connections how many it makes to each database
  /// @throws IllegalStateException if this machine has no PgBouncer, saying how it gets one
  public static PgBouncer before(String server, int connections) {
    try {
      return start(program(), PostgresAddress.of(server), connections);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static Path program() {
    var places = System.getenv().getOrDefault("PATH", "") + FURTHER;
    return Stream.of(places.split(File.pathSeparator, -1))
        .map(place -> Path.of(place, NAME))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "This machine has no PgBouncer, which this test needs: apt-get install "
                        + NAME));
  }

  private static PgBouncer start(Path program, PostgresAddress server, int connections)
      throws IOException {
    var user = PostgresUser.here();
    var folder = Files.createTempDirectory(user.openFolder(), "errand-" + NAME);
    var pid = folder.resolve("pid");
    var watch = Watch.over(folder, pid);
    try {
      int port = PostgresServer.freePort();
      var file =
          Files.writeString(folder.resolve("ini"), configuration(server, connections, port, pid));
      user.handOver(file);
      user.handOver(folder);
      var log = folder.resolve("log");
      var process = user.start(List.of(program.toString(), file.toString()), log);
      boolean isUp =
          PostgresServer.comesTrue(() -> isUp(log) || !process.isAlive()) && process.isAlive();
      if (!isUp) {
        throw new IOException("PgBouncer did not start:\n" + Files.readString(log));
      }
      return new PgBouncer(port, watch);
    } catch (IOException | RuntimeException failure) {
      watch.close();
      throw failure;
    }
  }

  private static String configuration(PostgresAddress server, int connections, int port, Path pid) {
    return """
    [databases]
    * = host=%s port=%d user=%s password='%s'
    [pgbouncer]
    listen_addr = 127.0.0.1
    listen_port = %d
    unix_socket_dir =
    pidfile = %s
    auth_type = any
    pool_mode = transaction
    default_pool_size = %d
    server_round_robin = 1
    """
        .formatted(
            server.host(),
            server.port(),
            server.user(),
            String.valueOf(server.password()).replace("'", "''"),
            port,
            pid,
            connections);
  }

  private static boolean isUp(Path log) {
    try {
      return Files.readString(log).contains("process up");
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /// Where it listens, on the loopback address.
  public int port() {
    return port;
  }

  /// The url of a database of the server, by way of this.
  public String url(String database) {
    return PostgresServer.through(port, database);
  }

  /// Ends it, and with it all connections; a second call does nothing.
  @Override
  public void close() {
    watch.close();
  }
}
