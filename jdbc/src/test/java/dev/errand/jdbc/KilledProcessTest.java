package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.testkit.ManualClock;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is left when a process that had the file open is killed.
class KilledProcessTest {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final JobId ROOT = new JobId("tree");

  @TempDir private Path directory;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void endWhatWasStarted() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void the_jobs_of_a_killed_process_are_handed_out_as_soon_as_the_file_is_opened()
      throws Exception {
    var process = start(Holding.class);
    awaitLine(process, "holding");
    kill(process);

    try (var store = SqliteStore.open(file(), InstantSource.system())) {
      var claim = store.claim("next", 1, LEASE).getFirst();
      assertThat(claim.job().id()).isEqualTo(ROOT);
      assertThat(claim.lease().fence()).isEqualTo(2);
    }
  }

  @Test
  void the_jobs_of_a_killed_process_are_handed_out_by_a_store_that_was_open_all_along()
      throws Exception {
    var clock = ManualClock.create();
    try (var store = SqliteStore.open(file(), clock)) {
      var process = start(Holding.class);
      awaitLine(process, "holding");
      assertThat(store.claim("next", 1, LEASE)).isEmpty();
      kill(process);
      clock.advance(Duration.ofSeconds(1));

      assertThat(store.claim("next", 1, LEASE)).hasSize(1);
    }
  }

  @Test
  void the_jobs_of_a_process_that_lives_stay_its_own() throws Exception {
    var process = start(Holding.class);
    awaitLine(process, "holding");

    try (var store = SqliteStore.open(file(), InstantSource.system())) {
      assertThat(store.claim("next", 1, LEASE)).isEmpty();
    }
  }

  @Test
  void what_a_killed_process_was_told_is_committed_is_there() throws Exception {
    var process = start(Committing.class);
    long told = awaitLine(process, "100");
    kill(process);
    told = Math.max(told, lastNumber(process));

    try (var store = SqliteStore.open(file(), InstantSource.system())) {
      var entries = store.events(ROOT, 0, Integer.MAX_VALUE);
      assertThat(entries).hasSizeGreaterThanOrEqualTo((int) told + 1);
      assertThat(entries)
          .extracting(Entry::sequence)
          .containsExactlyElementsOf(LongStream.rangeClosed(1, entries.size()).boxed().toList());
      assertThat(store.claim("next", 1, LEASE).getFirst().version()).isEqualTo(entries.size() - 1);
    }
  }

  @Test
  void a_process_is_told_from_a_later_one_with_the_same_pid() {
    var self = ProcessIdentity.current();
    var earlier = new ProcessIdentity(self.machine(), self.pid(), "1");

    assertThat(self.isDead(self)).isFalse();
    assertThat(earlier.isDead(self)).isTrue();
  }

  @Test
  void nothing_is_known_of_a_process_on_another_machine() {
    var self = ProcessIdentity.current();

    assertThat(new ProcessIdentity("elsewhere", self.pid(), "1").isDead(self)).isFalse();
  }

  private Path file() {
    return directory.resolve("jobs.db");
  }

  private Process start(Class<?> program) throws IOException {
    var classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                program.getName(),
                file().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    started.add(process);
    return process;
  }

  private static void kill(Process process) throws InterruptedException {
    // Through its handle, because the process itself would close the pipe and lose what is in it.
    process.toHandle().destroyForcibly();
    process.waitFor();
  }

  /// Reads until that line; returns its number, where it is one.
  private static long awaitLine(Process process, String wanted) throws IOException {
    for (var line = reader(process).readLine(); line != null; line = reader(process).readLine()) {
      if (line.equals(wanted)) {
        return line.matches("\\d+") ? Long.parseLong(line) : 0;
      }
    }
    throw new IOException("The process ended before it said " + wanted);
  }

  private static long lastNumber(Process process) throws IOException {
    var lines = reader(process).lines().filter(line -> line.matches("\\d+")).toList();
    return lines.isEmpty() ? 0 : Long.parseLong(lines.getLast());
  }

  private static BufferedReader reader(Process process) {
    return process.inputReader();
  }

  /// Claims a job for a day, and holds it until it is killed or left alone.
  static final class Holding {
    public static void main(String[] arguments) throws IOException {
      var store = SqliteStore.open(Path.of(arguments[0]), InstantSource.system());
      store.submit(TestJobs.job(ROOT));
      store.claim("victim", 1, Duration.ofDays(1));
      say("holding");
      waitForTheEnd();
    }
  }

  /// Commits without end, and says the number of each step when it is done.
  static final class Committing {
    public static void main(String[] arguments) {
      var store = SqliteStore.open(Path.of(arguments[0]), InstantSource.system());
      store.submit(TestJobs.job(ROOT));
      var claim = store.claim("victim", 1, Duration.ofDays(1)).getFirst();
      for (long version = 0; !System.out.checkError(); ) {
        version = store.commit(TestJobs.saying(claim, version, "step")).version();
        say(Long.toString(version));
      }
    }
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  /// The standard input ends with the process that has the other end.
  private static void waitForTheEnd() throws IOException {
    while (System.in.read() >= 0) {}
  }
}
