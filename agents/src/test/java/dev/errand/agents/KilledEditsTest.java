package dev.errand.agents;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Edits by processes that are killed at any moment, and by several processes at once.
class KilledEditsTest {
  @TempDir Path folder;

  /// A process that edits until it is killed: puts an x after the bar, over and over.
  private Process editing(String job, int from, int to) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Edits.class.getName(),
            folder.toString(),
            job,
            String.valueOf(from),
            String.valueOf(to))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private long edits() throws IOException {
    return Files.readString(folder.resolve("a.txt")).chars().filter(c -> c == 'x').count();
  }

  @Test
  void each_edit_is_made_once_though_its_process_is_killed() throws Exception {
    Files.writeString(folder.resolve("a.txt"), "|");
    var random = new Random();
    int begun = -1;
    for (int kill = 0; kill < 6; kill++) {
      var process = editing("killed", begun + 1, Integer.MAX_VALUE);
      begun =
          killedDuring(
              process, process.inputReader(), random.nextInt(40), random.nextInt(3_000_000));

      Edits.edit(folder, "killed", begun); // as who takes the job over does

      assertThat(edits()).isEqualTo(begun + 1);
    }
    try (var files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("a.txt", ".errand");
    }
  }

  /// Kills it some time after it has begun so many edits; returns the last one it began.
  private static int killedDuring(Process process, BufferedReader said, int edits, int nanos)
      throws Exception {
    String last = said.readLine();
    for (int i = 0; i < edits; i++) {
      last = said.readLine();
    }
    long start = System.nanoTime();
    while (System.nanoTime() - start < nanos) {
      Thread.onSpinWait();
    }
    process.toHandle().destroyForcibly(); // that of Process closes its output too
    process.waitFor();
    for (var line = said.readLine(); line != null; line = said.readLine()) {
      last = line;
    }
    return Integer.parseInt(last);
  }

  @Test
  void processes_that_edit_one_file_lose_nothing() throws Exception {
    Files.writeString(folder.resolve("a.txt"), "|");
    var one = editing("one", 0, 40);
    var other = editing("other", 0, 40);
    for (int i = 0; i < 40; i++) {
      Edits.edit(folder, "mine", i);
    }

    assertThat(one.waitFor()).isZero();
    assertThat(other.waitFor()).isZero();
    assertThat(edits()).isEqualTo(120);
  }

  /// What such a process does.
  static final class Edits {
    private Edits() {}

    public static void main(String[] args) throws Exception {
      for (int i = Integer.parseInt(args[2]); i < Integer.parseInt(args[3]); i++) {
        System.out.println(i);
        edit(Path.of(args[0]), args[1], i);
      }
    }

    static void edit(Path folder, String job, int number) throws Exception {
      Calling.call(
          job + "/1/-1/" + number,
          Toolbox.in(folder).tool("Edit"),
          "path",
          "a.txt",
          "old_string",
          "|",
          "new_string",
          "|x");
    }
  }
}
