package dev.errand.python;

import dev.errand.job.WorkspaceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The warm Python process that forks the others, and the place where they report.
///
/// It is told on its standard input to fork and to kill, and says by lines on its standard output
/// which of its children ended by themselves. A child has a connection to the socket, on which it
/// gives the token it was forked with and says which folder it has. A few are forked ahead of need,
/// and those that rest for a while make themselves more ready. When this end of its standard input
/// is closed, or the JVM dies, it kills its children, removes its folder and ends.
final class Zygote implements AutoCloseable {
  /// Runs in any Python from 2.6 on, so that an old one can say so. The folder of the driver leaves
  /// the path before agent code comes. The driver is compiled in a process of its own: what a
  /// compiler leaves behind in memory would be copied with each fork.
  private static final String BOOTSTRAP =
      """
      import sys
      if sys.version_info[:2] < (3, 10):
          sys.stdout.write("old %d.%d.%d\\n" % sys.version_info[:3])
          sys.exit(0)
      import os
      pid = os.fork()
      if pid == 0:
          try:
              import compileall
              compileall.compile_dir(os.path.join(sys.argv[2], "errand_driver"), quiet=2)
          finally:
              os._exit(0)
      os.waitpid(pid, 0)
      sys.path[0] = sys.argv[2]
      from errand_driver import zygote
      del sys.path[0]
      zygote.main(sys.argv[2], int(sys.argv[1]))
      """;

  private static final int TOKEN_BYTES = 16;

  /// The token, and the number of the folder.
  private static final int GREETING_BYTES = 2 * TOKEN_BYTES + " 00000001\n".length();

  private static final int BACKLOG = 1024;
  private static final int COMMAND_BYTES = 64;
  private static final int PATIENCE_SECONDS = 30;
  private static final int FATE_SECONDS = 5;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final DriverFolder folder;
  private final Process process;
  private final ServerSocketChannel socket;
  private final OutputStream commands;
  private final CompletableFuture<String> ready = new CompletableFuture<>();
  private final List<Layer> layers = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final AtomicLong forked = new AtomicLong();

  /// Those that were not killed and are not known to have ended, by name.
  private final Map<String, Child> children = new ConcurrentHashMap<>();

  /// Those that have not connected yet, by token.
  private final Map<String, Child> expected = new ConcurrentHashMap<>();

  private final LinkedBlockingQueue<Spare> spares = new LinkedBlockingQueue<>();

  /// A process that waits to become a workspace, or word that none will come.
  private sealed interface Spare {
    record Ready(Child child) implements Spare {}

    record Failed(String why) implements Spare {}
  }

  /// A process that was forked.
  static final class Child {
    private final String name;
    private final String token;
    private final CompletableFuture<Fate> fate = new CompletableFuture<>();
    private volatile @Nullable Path folder;
    private volatile @Nullable SocketChannel channel;

    private Child(String name, String token) {
      this.name = name;
      this.token = token;
    }

    /// The folder that it has for itself.
    Path folder() {
      return Optional.ofNullable(folder).orElseThrow();
    }

    SocketChannel channel() {
      return Optional.ofNullable(channel).orElseThrow();
    }
  }

  private Zygote(DriverFolder folder, Process process, ServerSocketChannel socket) {
    this.folder = folder;
    this.process = process;
    this.socket = socket;
    this.commands = process.getOutputStream();
  }

  /// Starts one and waits until it is ready.
  ///
  /// @throws WorkspaceException if it does not come up; nothing of it is left
  static Zygote start(Path interpreter, int spares, Duration rest, CageSettings cage) {
    Zygote zygote;
    try {
      zygote = launch(interpreter, rest, cage);
    } catch (IOException problem) {
      throw new WorkspaceException(
          "Python could not be started: " + problem.getMessage() + ".", problem);
    }
    try {
      zygote.awaitReady(interpreter);
      zygote.insistOn(cage.isolation());
      for (int i = 0; i < spares; i++) {
        zygote.fork();
      }
      return zygote;
    } catch (WorkspaceException problem) {
      zygote.close();
      throw problem;
    }
  }

  private static Zygote launch(Path interpreter, Duration rest, CageSettings cage)
      throws IOException {
    var folder = DriverFolder.create(cage);
    var socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      socket.bind(UnixDomainSocketAddress.of(folder.socket()), BACKLOG);
      var zygote = new Zygote(folder, command(interpreter, folder, rest, cage).start(), socket);
      Thread.ofPlatform().daemon().name("errand-python-socket").start(zygote::accept);
      Thread.ofPlatform().daemon().name("errand-python-reports").start(zygote::listen);
      return zygote;
    } catch (IOException problem) {
      closeQuietly(socket);
      folder.delete();
      throw problem;
    }
  }

  private static ProcessBuilder command(
      Path interpreter, DriverFolder folder, Duration rest, CageSettings cage) {
    var program = interpreter.toString();
    var place = folder.path().toString();
    var millis = Long.toString(rest.toMillis());
    var builder = new ProcessBuilder(program, "-s", "-S", "-B", "-c", BOOTSTRAP, millis, place);
    cage.putInto(builder.environment());
    return builder.redirectError(folder.errors().toFile());
  }

  private void awaitReady(Path interpreter) {
    try {
      var word = ready.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (word.startsWith("old ")) {
        throw Interpreter.unusable(interpreter + " is Python " + word.substring(4) + ".");
      }
    } catch (TimeoutException | ExecutionException notReady) {
      throw Interpreter.unusable(interpreter + " did not come up. " + folder.lastWords());
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new WorkspaceException("Interrupted while Python was starting.", interrupt);
    }
  }

  private void insistOn(Isolation isolation) {
    var missing = layers.stream().filter(layer -> layer.standing() == Layer.Standing.MISSING);
    var words = missing.map(Layer::toString).collect(Collectors.joining(". "));
    if (isolation == Isolation.REQUIRED && !words.isEmpty()) {
      throw new WorkspaceException(
          "Isolation is required, but this machine does not have all of it: "
              + words
              + ". Provide what is missing, or make do with the rest by Isolation.BEST_EFFORT.");
    }
  }

  /// The layers of the cage that its processes are in.
  List<Layer> layers() {
    return List.copyOf(layers);
  }

  /// Whether it can still be asked for processes.
  boolean alive() {
    return !ended.isDone();
  }

  /// A process to use, and has the next one forked.
  ///
  /// @throws WorkspaceException if there is none
  Child take() {
    while (true) {
      fork();
      var child = nextSpare();
      if (!child.fate.isDone()) {
        return child;
      }
    }
  }

  private Child nextSpare() {
    try {
      var spare = spares.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return switch (spare) {
        case null ->
            throw new WorkspaceException(
                "No Python process came up within "
                    + PATIENCE_SECONDS
                    + " seconds; is the machine overloaded?");
        case Spare.Ready(var child) -> child;
        case Spare.Failed(var why) -> {
          if (!alive()) {
            spares.add(spare);
          }
          throw new WorkspaceException("No Python process could be forked: " + why + ".");
        }
      };
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new WorkspaceException("Interrupted while waiting for a Python process.", interrupt);
    }
  }

  private void fork() {
    var token = HexFormat.of().formatHex(randomBytes());
    var child = new Child(Long.toString(forked.incrementAndGet()), token);
    expected.put(token, child);
    children.put(child.name, child);
    command("fork " + child.name + " " + token);
  }

  private static byte[] randomBytes() {
    var bytes = new byte[TOKEN_BYTES];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  /// Ends a process at once.
  void kill(Child child) {
    if (children.remove(child.name) != null) {
      command("kill " + child.name);
    }
    closeQuietly(child.channel);
  }

  /// How a process ended that has gone silent; it is killed if it is still there.
  Fate fate(Child child) {
    command("bury " + child.name);
    try {
      return child.fate.get(FATE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException unknown) {
      // Said below.
    }
    return alive() ? Fate.UNKNOWN : Fate.WITH_ZYGOTE;
  }

  private void command(String line) {
    var command = line + " ".repeat(COMMAND_BYTES - line.length());
    synchronized (commands) {
      try {
        commands.write(command.getBytes(StandardCharsets.US_ASCII));
        commands.flush();
      } catch (IOException gone) {
        // Its end is noticed where its reports are read.
      }
    }
  }

  private void listen() {
    try (var reports =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (var line = reports.readLine(); line != null; line = reports.readLine()) {
        heed(line);
      }
    } catch (IOException gone) {
      // As good as the end of its reports.
    }
    ended.complete(null);
    ready.completeExceptionally(new IOException("ended"));
    spares.add(new Spare.Failed("the process that forks them has ended"));
    children.values().forEach(child -> child.fate.completeExceptionally(new IOException()));
  }

  private void heed(String line) {
    var said = line.split(" ", 3);
    switch (said[0]) {
      case "layer" -> layers.add(Layer.parse(line.substring("layer ".length())));
      case "ready", "old" -> ready.complete(line);
      case "gone" -> {
        var child = forget(said[1]);
        if (child != null) {
          var fate = Fate.parse(said[2]);
          child.fate.complete(fate);
          if (child.channel == null) {
            var words = "one " + fate.words() + " " + folder.lastWords();
            spares.add(new Spare.Failed(words));
          }
        }
      }
      case "failed" -> {
        forget(said[1]);
        spares.add(new Spare.Failed(said[2]));
      }
      default -> process.destroyForcibly(); // it has lost its mind
    }
  }

  private @Nullable Child forget(String name) {
    var child = children.remove(name);
    if (child != null) {
      expected.remove(child.token);
    }
    return child;
  }

  private void accept() {
    try {
      while (true) {
        var channel = socket.accept();
        Thread.ofVirtual().start(() -> greet(channel));
      }
    } catch (IOException closed) {
      // The end of its work.
    }
  }

  private void greet(SocketChannel channel) {
    try {
      var bytes = ByteBuffer.allocate(GREETING_BYTES);
      while (bytes.hasRemaining()) {
        if (channel.read(bytes) < 0) {
          break;
        }
      }
      var greeting = new String(bytes.array(), StandardCharsets.US_ASCII);
      var child = expected.remove(greeting.substring(0, 2 * TOKEN_BYTES));
      if (child != null) {
        child.folder = folder.job(Integer.parseInt(greeting.substring(2 * TOKEN_BYTES).strip()));
        child.channel = channel;
        spares.add(new Spare.Ready(child));
        return;
      }
    } catch (IOException gone) {
      // Closed below.
    }
    closeQuietly(channel);
  }

  /// Ends it and all its children, and waits until they are gone.
  @Override
  public void close() {
    closeQuietly(commands);
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException interrupt) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    closeQuietly(socket);
    children.values().forEach(child -> closeQuietly(child.channel));
    folder.delete();
  }

  private static void closeQuietly(@Nullable AutoCloseable thing) {
    try {
      if (thing != null) {
        thing.close();
      }
    } catch (Exception alreadyGone) {
      // It was to be closed.
    }
  }
}
