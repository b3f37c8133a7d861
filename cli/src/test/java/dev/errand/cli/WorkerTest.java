package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.errand.job.Json;
import dev.errand.testkit.PostgresServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `errand worker` as a process: told to end in the middle of its work, with leases of an hour, so
/// that who goes on can have waited for none.
@Timeout(120)
class WorkerTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  /// Twelve children that wait for a file each, four of which are there from the start.
  private static final String FAN_OUT =
      """
      def work(n):
          while not list_files("go-%d" % n):
              pass
          print("child", n)
          return n * n
      print("delegated")
      exit(sum(task.result for task in [delegate(work, n) for n in range(12)]))
      """;

  /// A statement that takes longer than any bound.
  private static final String ENDLESS = "print('begun')\nlist_files('x')\nwhile True: pass\n";

  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));
  private final List<Process> started = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();
  private Redirect errors = Redirect.INHERIT;

  @BeforeEach
  void start_in_an_empty_directory() {
    shell = new Shell(directory);
  }

  @AfterEach
  void end_what_still_runs() throws Exception {
    for (var process : started) {
      process.destroyForcibly().waitFor();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void one_that_is_terminated_in_a_fan_out_leaves_it_to_the_next_at_once(boolean database)
      throws Exception {
    if (database) {
      var url = PostgresServer.shared().newDatabase();
      environment.put("ERRAND_STORE", url);
      shell = shell.with("ERRAND_STORE", url);
    }
    for (int n = 0; n < 4; n++) {
      shell.file("go-" + n, "");
    }
    submit(FAN_OUT, "fan");
    var first = worker();
    var out = lines(first);
    assertThat(out.readLine())
        .startsWith("worker " + first.pid() + " works on jobs of ")
        .contains(database ? "jdbc:postgresql://" : "errand.db")
        .endsWith(", 8 at a time")
        .doesNotContain("password");
    await().atMost(LONG).until(() -> shell.errand("show", "fan").out().contains("4 of 12 done"));

    signal(first, "TERM");

    assertThat(out.readLine())
        .isEqualTo("worker " + first.pid() + " leaves its jobs to others, within 30 s");
    assertThat(first.waitFor()).isZero();
    assertThat(job("fan").text("outcome")).isEmpty();
    for (int n = 4; n < 12; n++) {
      shell.file("go-" + n, "");
    }
    var second = worker();
    await().atMost(LONG).until(() -> job("fan").text("outcome").isPresent());
    assertThat(job("fan").get("value").map(Json::print)).contains("506");
    signal(second, "TERM");
    assertThat(second.waitFor()).isZero();
  }

  @Test
  void code_that_does_not_end_is_stopped_when_time_is_short_and_left_to_the_next()
      throws Exception {
    submit(ENDLESS, "endless");
    var first = worker("--drain-within", "1", "--json");
    var out = lines(first);
    assertThat(out.readLine()).contains("\"event\":\"works\"");
    await().atMost(LONG).until(() -> isUnderWay("endless"));

    signal(first, "INT");

    assertThat(out.readLine()).contains("\"event\":\"drains\"").contains("\"withinSeconds\":1");
    assertThat(out.readLine()).contains("\"event\":\"ended\"").contains("\"left\":[]");
    assertThat(first.waitFor()).isEqualTo(130);
    var next = worker();
    await().atMost(LONG).until(() -> next.descendants().count() > 1);
    await().atMost(LONG).until(() -> isUnderWay("endless"));
  }

  @Test
  void one_that_is_told_twice_ends_at_once() throws Exception {
    submit(ENDLESS, "endless");
    var process = worker("--drain-within", "3600");
    var out = lines(process);
    assertThat(out.readLine()).contains("works");
    await().atMost(LONG).until(() -> isUnderWay("endless"));
    signal(process, "TERM");
    assertThat(out.readLine()).contains("leaves its jobs");

    signal(process, "TERM");

    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).isEqualTo(143);
    assertThat(job("endless").text("outcome")).isEmpty();
  }

  @Test
  void one_without_work_ends_at_once_and_makes_its_store() throws Exception {
    var process = worker();
    assertThat(lines(process).readLine()).contains("works");

    signal(process, "TERM");

    assertThat(process.waitFor()).isZero();
    assertThat(shell.errand("jobs").code()).isZero();
  }

  @Test
  void one_whose_store_fails_says_so_and_goes_on_once_it_can_be_used() throws Exception {
    var url = PostgresServer.shared().newDatabase();
    environment.put("ERRAND_STORE", url);
    shell = shell.with("ERRAND_STORE", url);
    errors = Redirect.PIPE;
    var process = worker();
    assertThat(lines(process).readLine()).contains("works");
    var said = process.errorReader(StandardCharsets.UTF_8);

    PostgresServer.ask(url, "ALTER SCHEMA errand RENAME TO away");

    assertThat(said.readLine()).startsWith("errand: the store failed, and is tried again");
    PostgresServer.ask(url, "ALTER SCHEMA away RENAME TO errand");
    assertThat(said.readLine()).isEqualTo("errand: the store can be used again");
    errors = Redirect.INHERIT;
    submit("print('begun')\nwhile not list_files('go'): pass\nexit(7)", "later");
    shell.file("go", "");
    await().atMost(LONG).until(() -> job("later").text("outcome").isPresent());
    signal(process, "TERM");
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void wrong_bounds_are_refused() {
    assertThat(shell.errand("worker", "--lease", "0").err()).contains("--lease must be at least 1");
    assertThat(shell.errand("worker", "--drain-within", "-1").err())
        .contains("--drain-within must not be negative");
    assertThat(shell.errand("serve", "--drain-within", "-1").code()).isEqualTo(2);
    assertThat(shell.has("errand.db")).isFalse();
  }

  /// Stores a job for workers: by a program that is ended before it works on it for long.
  private void submit(String code, String key) throws Exception {
    shell.file("job.py", code);
    var process = start("run", "job.py", "--id", key);
    assertThat(lines(process).readLine()).isNotNull();
    signal(process, "INT");
    assertThat(process.waitFor()).isEqualTo(130);
  }

  private boolean isUnderWay(String key) {
    return job(key).text("status").filter("WARMING_UP"::equals).isPresent();
  }

  private Json.Object job(String key) {
    return (Json.Object) Json.parse(shell.errand("show", key, "--json").out());
  }

  private Process worker(String... more) throws IOException {
    var words = new ArrayList<>(List.of("worker", "--concurrency", "8", "--lease", "3600"));
    words.addAll(List.of(more));
    return start(words.toArray(String[]::new));
  }

  private Process start(String... words) throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                "/usr/bin/python3",
                "-c",
                "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL);"
                    + " os.execv(sys.argv[1], sys.argv[1:])",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(List.of(words));
    var builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().putAll(environment);
    var process = builder.redirectError(errors).start();
    started.add(process);
    return process;
  }

  private static BufferedReader lines(Process process) {
    return process.inputReader(StandardCharsets.UTF_8);
  }

  private static void signal(Process process, String name) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }
}
