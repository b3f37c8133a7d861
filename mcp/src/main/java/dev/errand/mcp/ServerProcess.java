package dev.errand.mcp;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The process of a server, with all that it started; it ends with this process at the latest,
/// unless that is killed: then it finds its standard input closed.
///
/// It has a session of its own where the system has `setsid`, so that Ctrl-C at the terminal is
/// none of its business.
final class ServerProcess {
  private static final Duration GRACE = Duration.ofSeconds(2);

  /// What of this process's environment a server is given; all else may hold secrets.
  private static final List<String> HANDED_ON =
      List.of(
          "PATH",
          "HOME",
          "USER",
          "LOGNAME",
          "SHELL",
          "TERM",
          "LANG",
          "LC_ALL",
          "TZ",
          "TMPDIR",
          // Windows
          "APPDATA",
          "HOMEDRIVE",
          "HOMEPATH",
          "LOCALAPPDATA",
          "PATHEXT",
          "PROCESSOR_ARCHITECTURE",
          "SYSTEMDRIVE",
          "SYSTEMROOT",
          "TEMP",
          "USERNAME",
          "USERPROFILE");

  private static final Set<ServerProcess> AT_WORK = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> AT_WORK.forEach(ServerProcess::end), "end-mcp-servers"));
  }

  private final Process process;

  /// What to start.
  ///
  /// @param words the program and its arguments
  /// @param environment variables besides those that every server is given
  /// @param directory where it works; null for the directory of this process
  record Command(List<String> words, Map<String, String> environment, @Nullable Path directory) {
    Command {
      words = List.copyOf(words);
      environment = Map.copyOf(environment);
    }
  }

  private ServerProcess(Process process) {
    this.process = process;
    AT_WORK.add(this);
    onExit(code -> AT_WORK.remove(this));
  }

  static ServerProcess start(Command command) throws IOException {
    var words = new ArrayList<String>();
    setsid().ifPresent(words::add);
    words.addAll(command.words());
    var builder = new ProcessBuilder(words);
    var given = builder.environment();
    given.keySet().removeIf(name -> !HANDED_ON.contains(name));
    given.putAll(command.environment());
    if (command.directory() != null) {
      builder.directory(command.directory().toFile());
    }
    if (words.size() > command.words().size()) {
      requireProgram(command.words().getFirst(), given.get("PATH"), command.directory());
    }
    return new ServerProcess(builder.start());
  }

  /// Behind `setsid` the system would not say that there is no such program.
  private static void requireProgram(
      String program, @Nullable String path, @Nullable Path directory) throws IOException {
    boolean isThere =
        program.contains("/")
            ? Files.isExecutable(directory == null ? Path.of(program) : directory.resolve(program))
            : found(program, path).isPresent();
    if (!isThere) {
      throw new IOException("there is no program " + program);
    }
  }

  private static Optional<String> setsid() {
    return found("setsid", System.getenv("PATH"));
  }

  private static Optional<String> found(String program, @Nullable String path) {
    return Stream.of((path == null ? "/usr/bin:/bin" : path).split(File.pathSeparator, -1))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  BufferedWriter input() {
    return process.outputWriter(StandardCharsets.UTF_8);
  }

  BufferedReader output() {
    return process.inputReader(StandardCharsets.UTF_8);
  }

  BufferedReader errors() {
    return process.errorReader(StandardCharsets.UTF_8);
  }

  /// Calls `then` with the exit code, on a thread of its own, when it has ended.
  void onExit(IntConsumer then) {
    Thread.ofVirtual().name("errand-mcp-exit").start(() -> awaitExit(then));
  }

  private void awaitExit(IntConsumer then) {
    try {
      then.accept(process.waitFor());
    } catch (InterruptedException impossible) {
      Thread.currentThread().interrupt();
    }
  }

  /// Whether it ends in that time.
  boolean hasEndedWithin(Duration time) {
    try {
      return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// Ends it and all that it started: asks them, and after two seconds kills who is left.
  void end() {
    var members = members();
    members.forEach(ProcessHandle::destroy);
    await(members);
    members.addAll(members());
    members.forEach(ProcessHandle::destroyForcibly);
    await(members);
  }

  private Set<ProcessHandle> members() {
    var members = new LinkedHashSet<ProcessHandle>();
    members.add(process.toHandle());
    process.descendants().forEach(members::add);
    return members;
  }

  private static void await(Set<ProcessHandle> members) {
    var exits = members.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(exits)
        .completeOnTimeout(null, GRACE.toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }
}
