package dev.errand.agents;

import static dev.errand.agents.Calling.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BashTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private ToolFunction bash;

  @BeforeEach
  void tool() throws Exception {
    folder = folder.toRealPath();
    bash = Toolbox.in(folder).bash().tool("Bash");
  }

  private long pid(String file) throws Exception {
    return Long.parseLong(Files.readString(folder.resolve(file)).strip());
  }

  /// Whether it works on: what has ended and is not collected by its parent does not.
  static boolean isAtWork(long pid) {
    var status = Path.of("/proc/" + pid + "/stat");
    try {
      return Files.isReadable(status)
          ? !Files.readString(status).replaceFirst(".*\\) ", "").startsWith("Z")
          : !Files.isDirectory(Path.of("/proc")) && ProcessHandle.of(pid).isPresent();
    } catch (java.io.IOException gone) {
      return false;
    }
  }

  private static void awaitEnd(long pid) {
    await().atMost(LONG).until(() -> !isAtWork(pid));
  }

  @Test
  void it_is_not_repeated_when_its_outcome_is_unknown() {
    assertThat(bash.policy()).isEqualTo(EffectPolicy.AT_MOST_ONCE);
    assertThat(bash.parameters()).containsExactly("command", "timeout?", "description?");
  }

  @Test
  void a_command_works_in_the_directory_and_says_how_it_ended() throws Exception {
    assertThat(call(bash, "command", "pwd; exit 3")).isEqualTo(folder + "\n[exit code 3]");
    assertThat(call(bash, "command", "true")).isEqualTo("[exit code 0]");
  }

  @Test
  void output_and_errors_come_in_their_order() throws Exception {
    assertThat(call(bash, "command", "echo one; echo two >&2; echo three"))
        .isEqualTo("one\ntwo\nthree\n[exit code 0]");
  }

  @Test
  void there_is_nobody_to_answer() throws Exception {
    assertThat(call(bash, "command", "read answer || echo nobody")).startsWith("nobody");
  }

  @Test
  void of_much_output_the_beginning_and_the_end_are_kept() throws Exception {
    var shown = call(bash, "command", "seq 1 100000");

    assertThat(shown)
        .startsWith("1\n2\n3\n")
        .contains(" characters left out]")
        .endsWith("99999\n100000\n[exit code 0]")
        .hasSizeBetween(29_000, 30_200);
  }

  @Test
  void what_looks_like_a_key_is_not_in_its_environment() {
    Map<String, String> environment = new HashMap<>();
    for (var name :
        List.of(
            "ANTHROPIC_API_KEY",
            "GITHUB_TOKEN",
            "CLIENT_SECRET",
            "DB_PASSWORD",
            "db_password_file",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY",
            "PATH",
            "HOME",
            "KEYBOARD",
            "TOKENIZERS_PARALLELISM")) {
      environment.put(name, "value");
    }

    ShellCommand.withoutSecrets(environment);

    assertThat(environment).containsOnlyKeys("PATH", "HOME", "KEYBOARD", "TOKENIZERS_PARALLELISM");
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://db/jobs?user=me&password=hush, false",
    "postgres://me:hush@db:5432/jobs, false",
    "jdbc:postgresql://db:5432/jobs?user=me, true",
    "ssh://me@host:22/a@b, true",
    "http://me:hush@proxy:3128, true",
    "errand.db, true"
  })
  void an_address_with_a_password_is_not_in_its_environment(String address, boolean isHandedOn) {
    Map<String, String> environment = new HashMap<>(Map.of("ERRAND_STORE", address));

    ShellCommand.withoutSecrets(environment);

    assertThat(environment.containsKey("ERRAND_STORE")).isEqualTo(isHandedOn);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 601, 120_000})
  void a_timeout_out_of_bounds_is_refused(int seconds) {
    assertThatThrownBy(() -> call(bash, "command", "true", "timeout", seconds))
        .hasMessageContaining("in seconds, from 1 to 600");
  }

  @Test
  void a_command_whose_time_is_over_is_ended_and_what_it_said_is_told() throws Exception {
    assertThat(call(bash, "command", "echo begun; echo $$ > pid; sleep 600", "timeout", 1))
        .isEqualTo("begun\n[ended after 1 s, which was its time]");
    awaitEnd(pid("pid"));
  }

  @Test
  void what_it_left_in_the_background_ends_with_it() throws Exception {
    assertThat(call(bash, "command", "sleep 600 & echo $! > pid; echo done"))
        .isEqualTo("done\n[exit code 0]");
    awaitEnd(pid("pid"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sleep 600 & echo $! > pid; : > begun; wait",
        "(sleep 600 & echo $! > pid; : > begun; wait); wait",
        "trap '' TERM; (trap '' TERM; while :; do sleep 600; done) & echo $! > pid; : > begun;"
            + " wait",
        "bash -c 'bash -c \"sleep 600\" & echo $! > pid; : > begun; wait'",
        "(sleep 600 & echo $! > pid); : > begun; sleep 600",
        "nohup sleep 600 > /dev/null 2>&1 & echo $! > pid; : > begun; wait",
        "setsid --wait sleep 600 & echo $! > pid; : > begun; wait",
      })
  void an_interruption_ends_it_and_all_that_it_started(String command) throws Exception {
    var ended = new CompletableFuture<String>();
    var caller =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    ended.complete(call(bash, "command", command));
                  } catch (Exception failed) {
                    ended.complete(failed.getClass().getSimpleName());
                  }
                });
    await().atMost(LONG).until(() -> Files.exists(folder.resolve("begun")));
    assertThat(isAtWork(pid("pid"))).isTrue();

    caller.interrupt();

    assertThat(ended.get(60, TimeUnit.SECONDS)).isEqualTo("InterruptedException");
    awaitEnd(pid("pid"));
  }

  @Test
  void a_process_that_is_asked_to_end_takes_its_commands_with_it() throws Exception {
    var caller =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Caller.class.getName(),
                folder.toString())
            .inheritIO()
            .start();
    await().atMost(LONG).until(() -> Files.exists(folder.resolve("begun")));

    caller.toHandle().destroy();

    caller.waitFor();
    awaitEnd(pid("pid"));
  }

  /// A process that waits for a command.
  static final class Caller {
    private Caller() {}

    public static void main(String[] args) throws Exception {
      var bash = Toolbox.in(Path.of(args[0])).bash().tool("Bash");
      call(bash, "command", "sleep 600 & echo $! > pid; : > begun; wait");
    }
  }
}
