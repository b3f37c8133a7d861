package dev.errand.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A worker in a JVM of its own, which works until no job can go on.
final class WorkerProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Process process;
  private final Path said;

  private WorkerProcess(Process process, Path said) {
    this.process = process;
    this.said = said;
  }

  /// Starts one on the store, reading files below `folder`, `concurrency` jobs at a time.
  static WorkerProcess start(StorePlace store, Path folder, int concurrency, String isolation)
      throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("resume", "--quiet", "--concurrency", Integer.toString(concurrency)));
    command.addAll(List.of("--isolation", isolation));
    var said = Files.createTempFile("errand-worker", ".log");
    var builder = new ProcessBuilder(command).directory(folder.toFile());
    // The environment, which is its user's alone to read, unlike the words of a command.
    builder.environment().put(StorePlace.VARIABLE, place(store));
    builder.redirectErrorStream(true).redirectOutput(said.toFile());
    return new WorkerProcess(builder.start(), said);
  }

  private static String place(StorePlace store) {
    return switch (store) {
      case StorePlace.File(var path, var name) -> path.toAbsolutePath().toString();
      case StorePlace.Database(var url) -> url;
    };
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /// What it wrote, for when it ended too soon.
  String said() throws IOException {
    return Files.readString(said, StandardCharsets.UTF_8).strip();
  }

  /// Ends it with SIGKILL.
  ///
  /// @return how many Python processes it had, all of which ended too
  int kill() throws InterruptedException {
    var pythons = process.descendants().toList();
    process.destroyForcibly().waitFor();
    long end = System.nanoTime() + PATIENCE.toNanos();
    for (var python : pythons) {
      while (python.isAlive()) {
        if (System.nanoTime() > end) {
          throw Refusal.failure("process " + python.pid() + " outlived its worker");
        }
        TimeUnit.MILLISECONDS.sleep(5);
      }
    }
    return pythons.size();
  }

  /// Ends it without waiting.
  void stop() {
    process.destroyForcibly();
  }

  /// Waits for its end, after which the store is free.
  void awaitEnd() throws InterruptedException {
    process.waitFor();
  }

  @Override
  public void close() throws IOException {
    stop();
    Files.deleteIfExists(said);
  }
}
