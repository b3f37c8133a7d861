package dev.errand.testkit;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Who runs the server: PostgreSQL refuses root.
///
/// For root that is `postgres` or `nobody`, become by whichever program of the machine does it; for
/// anybody else nothing is changed.
///
/// @param prefix what stands before each command, empty if it runs as we do
/// @param number the user's number
/// @param group the number of its first group
record PostgresUser(List<String> prefix, int number, int group) {
  private static final long SECONDS = 120;

  PostgresUser {
    prefix = List.copyOf(prefix);
  }

  /// Who it is on this machine.
  static PostgresUser here() throws IOException {
    if (Integer.parseInt(ask("id", "-u")) != 0) {
      return new PostgresUser(List.of(), 0, 0);
    }
    for (var name : List.of("postgres", "nobody")) {
      var user = named(name);
      if (user != null) {
        return user;
      }
    }
    throw new IOException(
        "PostgreSQL does not run as root, and neither setpriv nor runuser nor su-exec could become"
            + " postgres or nobody; install util-linux, or name a server by "
            + PostgresServer.ELSEWHERE);
  }

  private static @Nullable PostgresUser named(String name) {
    try {
      int number = Integer.parseInt(ask("id", "-u", name));
      int group = Integer.parseInt(ask("id", "-g", name));
      var ways =
          List.of(
              List.of("setpriv", "--reuid=" + number, "--regid=" + group, "--clear-groups"),
              List.of("su-exec", number + ":" + group),
              List.of("runuser", "-u", name, "--"));
      return ways.stream()
          .filter(way -> succeeds(join(way, List.of("true"))))
          .findFirst()
          .map(way -> new PostgresUser(way, number, group))
          .orElse(null);
    } catch (IOException | NumberFormatException absent) {
      return null;
    }
  }

  /// Whether the server runs as somebody else than we do.
  boolean isAnother() {
    return !prefix.isEmpty();
  }

  /// A folder in which we may write and which the user may walk through.
  Path openFolder() throws IOException {
    return Stream.of(System.getProperty("java.io.tmpdir"), "/tmp", "/var/tmp", "/dev/shm")
        .map(Path::of)
        .filter(Files::isWritable)
        .filter(folder -> succeeds(join(prefix, List.of("test", "-x", folder.toString()))))
        .findFirst()
        .orElseThrow(() -> new IOException("No folder for temporary files that " + this + " sees"));
  }

  /// Hands a file or an empty folder over to the user.
  void handOver(Path path) throws IOException {
    if (isAnother()) {
      Files.setAttribute(path, "unix:uid", number);
      Files.setAttribute(path, "unix:gid", group);
    }
  }

  /// Starts a command as the user, its output going to that file.
  Process start(List<String> command, Path output) throws IOException {
    var builder = new ProcessBuilder(join(prefix, command)).directory(new File("/"));
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    builder.environment().put("LC_ALL", "C");
    return builder
        .redirectInput(new File("/dev/null"))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
        .start();
  }

  /// Runs a command as the user to its end.
  ///
  /// @throws IOException with what it printed, if it fails or takes over two minutes
  void run(List<String> command, Path output) throws IOException {
    var process = start(command, output);
    if (!ended(process) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException(command.getFirst() + " failed:\n" + Files.readString(output));
    }
  }

  private static boolean succeeds(List<String> command) {
    try {
      var process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return ended(process) && process.exitValue() == 0;
    } catch (IOException absent) {
      return false;
    }
  }

  private static String ask(String... command) throws IOException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    ended(process);
    return answer.strip();
  }

  private static boolean ended(Process process) {
    try {
      return process.waitFor(SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static List<String> join(List<String> first, List<String> second) {
    var all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }
}
