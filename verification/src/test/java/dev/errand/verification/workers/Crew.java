package dev.errand.verification.workers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Worker processes, each of which is started again when it ends, as a machine's service manager
/// would do.
///
/// Thread-safe.
final class Crew implements AutoCloseable {
  private static final int KILLED = 137;

  private final String store;
  private final Log log;
  private final Duration lease;
  private final List<Member> members = new ArrayList<>();

  /// Those that nobody killed; without those that could not open their store.
  private final List<String> ended = new CopyOnWriteArrayList<>();

  private volatile boolean closed;

  /// @param store what workers open, which may be another way to the store than the test's
  Crew(String store, Log log, Duration lease) {
    this.store = store;
    this.log = log;
    this.lease = lease;
  }

  /// One place in the crew and the process that fills it now.
  final class Member {
    private final String name;
    private final Duration wrong;
    private final int concurrency;
    private volatile Process process;
    private final CountDownLatch working = new CountDownLatch(1);

    private Member(String name, Duration wrong, int concurrency) throws IOException {
      this.name = name;
      this.wrong = wrong;
      this.concurrency = concurrency;
      process = start();
      Thread.ofVirtual().start(this::keepGoing);
    }

    private Process start() throws IOException {
      return launch(
          log,
          name,
          List.of(
              store,
              log.folder().toString(),
              name,
              Long.toString(lease.toMillis()),
              Long.toString(wrong.toSeconds()),
              Integer.toString(concurrency)));
    }

    private void keepGoing() {
      try {
        while (!closed) {
          boolean hasWorked = read(process);
          int code = process.waitFor();
          if (!closed) {
            if (hasWorked && code != KILLED) {
              ended.add("%s ended by itself, with %d".formatted(name, code));
            }
            process = start();
          }
        }
      } catch (IOException | InterruptedException failure) {
        throw new IllegalStateException(failure);
      }
    }

    /// Waits until it says nothing more; whether it came to work.
    private boolean read(Process running) throws IOException {
      boolean hasWorked = false;
      try (var said =
          new BufferedReader(
              new InputStreamReader(running.getInputStream(), StandardCharsets.UTF_8))) {
        for (var line = said.readLine(); line != null; line = said.readLine()) {
          working.countDown();
          hasWorked = true;
        }
      }
      return hasWorked;
    }

    String name() {
      return name;
    }

    /// `kill -9` for the worker, and with it for its Python.
    void kill() {
      process.destroyForcibly();
    }
  }

  /// Stops the worker of that process where it stands; false if it is none of this crew.
  boolean freeze(long pid) {
    return signal("STOP", pid);
  }

  /// Lets it go on as if nothing had happened.
  boolean thaw(long pid) {
    return signal("CONT", pid);
  }

  private boolean signal(String signal, long pid) {
    var process =
        members.stream().map(member -> member.process).filter(one -> one.pid() == pid).findFirst();
    try {
      return process.isPresent()
          && new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor() == 0;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// Adds a worker, whose own clock is wrong by that much, and waits until it works.
  Member add(Duration wrong, int concurrency) throws Exception {
    var member = new Member("w" + (members.size() + 1), wrong, concurrency);
    members.add(member);
    assertThat(member.working.await(2, TimeUnit.MINUTES)).as(errors(log)).isTrue();
    return member;
  }

  List<Member> members() {
    return List.copyOf(members);
  }

  /// Another process that does one thing; returns when it has ended.
  static void once(Log log, String name, List<String> arguments) throws Exception {
    var process = launch(log, name, arguments);
    process.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
    assertThat(process.waitFor()).as(errors(log)).isZero();
  }

  private static Process launch(Log log, String name, List<String> arguments) throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath(),
                Laborer.class.getName()));
    command.addAll(arguments);
    if (Runtime.version().feature() >= 22) {
      command.add(1, "--enable-native-access=ALL-UNNAMED");
    }
    return new ProcessBuilder(command)
        .redirectError(
            ProcessBuilder.Redirect.appendTo(log.folder().resolve(name + ".err").toFile()))
        .start();
  }

  private static String classPath() {
    return Stream.of(
            System.getProperty("surefire.test.class.path", ""),
            System.getProperty("java.class.path"))
        .filter(path -> !path.isEmpty())
        .collect(Collectors.joining(System.getProperty("path.separator")));
  }

  /// What the processes wrote to their standard error.
  static String errors(Log log) {
    var all = new StringBuilder();
    try (var files = Files.newDirectoryStream(log.folder(), "*.err")) {
      for (var file : files) {
        all.append(Files.readString(file));
      }
    } catch (IOException unreadable) {
      all.append(unreadable);
    }
    return all.toString();
  }

  /// That none that had come to work has ended but by being killed.
  void judge() {
    assertThat(ended).as(errors(log)).isEmpty();
  }

  /// Ends all of them by `kill -9`.
  @Override
  public void close() {
    closed = true;
    for (var member : members) {
      var below = member.process.descendants().toList();
      member.process.destroyForcibly().onExit().join();
      below.forEach(ProcessHandle::destroyForcibly);
    }
  }
}
