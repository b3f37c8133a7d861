package dev.errand.testkit;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// A small process that reads a pipe which we hold open: when the pipe ends, as it does however
/// this JVM ends, it stops a server and deletes its folder.
final class Watch implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /// Stops the server whose number is in the file `$2` and deletes the folder `$1` when its
  /// standard input ends.
  private static final String SCRIPT =
      """
      trap '' INT TERM HUP
      read -r _
      pid=$(head -n 1 "$2" 2>/dev/null)
      if [ -n "$pid" ]; then
        kill -QUIT "$pid" 2>/dev/null
        tries=0
        while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 50 ]; do
          tries=$((tries + 1))
          sleep 0.1 2>/dev/null || sleep 1
        done
        kill -KILL "$pid" 2>/dev/null
      fi
      rm -rf "$1"
      """;

  private final Process process;

  private Watch(Process process) {
    this.process = process;
  }

  /// @param folder what is deleted
  /// @param pid a file in it whose first line is the number of the server's process while it runs
  static Watch over(Path folder, Path pid) throws IOException {
    return new Watch(
        new ProcessBuilder("sh", "-c", SCRIPT, "watch", folder.toString(), pid.toString())
            .directory(new File("/"))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start());
  }

  /// Ends the watch, and with it the server and the folder if they are still there.
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (IOException | InterruptedException failure) {
      process.destroyForcibly();
    }
  }
}
