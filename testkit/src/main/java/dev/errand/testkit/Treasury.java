package dev.errand.testkit;

import dev.errand.job.Blob;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.Limits;
import dev.errand.job.Value;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace.Ending;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What an [Escape] is after, and whether it got it.
///
/// Nobody asks the attempt. A secret counts as taken when it stands in anything that came out of
/// the job; all else shows by itself: a file is there, a connection was made, another job is not as
/// it was, a tool was called that the job does not have.
final class Treasury implements AutoCloseable {
  /// What there is to get.
  enum Prize {
    /// A variable of the environment that the application was started with.
    ENVIRONMENT,
    /// The content of a file that is not the job's.
    FILE,
    /// What another job has among its variables.
    OTHER_JOB,
    /// What only the driver's end of the connection can ask for.
    DRIVER,
    /// A file where the job has no business.
    MARKER,
    /// A connection.
    CONNECTION,
    /// Something that the library or the driver says to the job itself, after a change.
    LIBRARY
  }

  /// The variable that whoever starts the tests plants.
  static final String VARIABLE = "ERRAND_PLANTED";

  private static final Set<String> CHANGING = Set.of("classes", "controls", "driver", "library");
  private static final Duration BLOCK_TIME = Duration.ofSeconds(20);
  private static final String TREASURE = "treasure";
  private final String fileSecret = secret();
  private final String jobSecret = secret();
  private final String driverSecret = secret();
  private final String environmentSecret;
  private final Path folder;
  private final ServerSocket listener;
  private final AtomicInteger connections = new AtomicInteger();
  private final DrivenJob other;
  private final List<String> signs;
  private final String victim;

  Treasury(Path folder, DrivenJob other, List<String> signs) throws IOException {
    this.folder = folder;
    this.signs = signs;
    this.other = other.unrestricted();
    this.environmentSecret =
        Objects.requireNonNull(
            System.getenv(VARIABLE), "Start the tests with " + VARIABLE + " set to some secret");
    Files.writeString(folder.resolve("secret.txt"), fileSecret);
    Files.writeString(folder.resolve("jobs.db"), "SQLite format 3\0" + fileSecret);
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::listen);
    this.victim =
        DrivenJobs.finish(other, "import os\n" + TREASURE + " = '" + jobSecret + "'\nos.getpid()");
  }

  private static String secret() {
    return "s" + UUID.randomUUID().toString().replace("-", "");
  }

  private void listen() {
    try {
      while (true) {
        var connection = listener.accept();
        connections.incrementAndGet();
        connection.close();
      }
    } catch (IOException closed) {
      // So does everything end.
    }
  }

  /// Gives the job what every job of an attempt has.
  DrivenJob equip(DrivenJob job) {
    job.limits(Limits.DEFAULT.withBlockTime(BLOCK_TIME));
    job.tool(DrivenJobs.tool("echo", "value"), DrivenJobs::echo);
    job.host()
        .tool("vault", ignored -> Value.of(driverSecret))
        .beside(other.id(), new Completion.Result(Value.of(jobSecret)));
    return job;
  }

  /// Carries out the attempt as that job, and tells what it got.
  Set<Prize> take(Escape escape, DrivenJob job) {
    return take(escape, job, changes(escape) ? probed(job) : "");
  }

  /// The same, where it is known what the library says before.
  Set<Prize> take(Escape escape, DrivenJob job, String before) {
    var loot = EnumSet.noneOf(Prize.class);
    var seen = new StringBuilder();
    for (var block : escape.blocks()) {
      collect(job.once(CodeBlock.python(filledIn(block))), seen);
      if (changes(escape) && !probed(job).equals(before)) {
        loot.add(Prize.LIBRARY);
      }
      job.restart();
    }
    collect(job.host(), seen);
    look(seen.toString(), loot);
    if (job.host().effects().stream().anyMatch(effect -> effect.startsWith("vault"))) {
      loot.add(Prize.DRIVER);
    }
    if (Files.exists(marker())) {
      loot.add(Prize.MARKER);
    }
    if (knock() > 1) {
      loot.add(Prize.CONNECTION);
    }
    if (!treasure().contains(jobSecret)) {
      loot.add(Prize.OTHER_JOB);
    }
    return loot;
  }

  private void look(String text, Set<Prize> loot) {
    if (text.contains(environmentSecret)) {
      loot.add(Prize.ENVIRONMENT);
    }
    if (text.contains(fileSecret)) {
      loot.add(Prize.FILE);
    }
    if (text.contains(jobSecret)) {
      loot.add(Prize.OTHER_JOB);
    }
    if (text.contains(driverSecret) || signs.stream().anyMatch(text::contains)) {
      loot.add(Prize.DRIVER);
    }
  }

  private String filledIn(String code) {
    return code.replace("@FILE@", folder.resolve("secret.txt").toString())
        .replace("@STORE@", folder.resolve("jobs.db").toString())
        .replace("@FOLDER@", folder.toString())
        .replace("@MARKER@", marker().toString())
        .replace("@PORT@", Integer.toString(listener.getLocalPort()))
        .replace("@VICTIM@", victim)
        .replace("@VARIABLE@", VARIABLE);
  }

  private Path marker() {
    return folder.resolve("marker");
  }

  /// How many connections there were, with one of ours: they come in order, so once ours was
  /// counted and closed so were those before it.
  private int knock() {
    try (var ours = new Socket(listener.getInetAddress(), listener.getLocalPort())) {
      while (ours.getInputStream().read() >= 0) {
        // It says nothing.
      }
      return connections.get();
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  /// Whether the attempt is of a kind that could change what the library says.
  private static boolean changes(Escape escape) {
    return CHANGING.contains(escape.category());
  }

  /// What the library says to the job.
  static String probed(DrivenJob job) {
    var ending = job.once(CodeBlock.python(Escape.text("probe.py")));
    return ending instanceof Ending.Finished(var ignored, var value, var shown)
        ? value.text()
        : ending.getClass().getSimpleName();
  }

  private String treasure() {
    var ending = other.once(CodeBlock.python(TREASURE));
    return ending instanceof Ending.Finished(var ignored, var value, var shown)
        ? value.text()
        : ending.toString();
  }

  private static void collect(Ending ending, StringBuilder seen) {
    seen.append(ending);
    if (ending
        instanceof Ending.Finished(var mark, Value.Pickled(var bytes, var text), var shown)) {
      append(bytes, seen);
    } else if (ending instanceof Ending.Exited(var mark, Value.Pickled(var bytes, var text))) {
      append(bytes, seen);
    }
  }

  private static void collect(RecordingHost host, StringBuilder seen) {
    for (var mark : host.marks()) {
      seen.append(mark.console()).append(mark.readings());
      collect(mark.snapshot(), seen);
    }
    seen.append(host.effects());
    collect(host.completion(), seen);
    for (var child : host.childJobs()) {
      var request = child.request();
      seen.append(request.blocks())
          .append(request.briefing().parameters())
          .append(request.agentForm());
      collect(request.workspace(), seen);
      collect(child.completion(), seen);
    }
  }

  private static void collect(Host.@Nullable Snapshot snapshot, StringBuilder seen) {
    if (snapshot != null) {
      seen.append(snapshot.variables());
      snapshot.parts().stream().flatMap(Treasury::contents).forEach(blob -> append(blob, seen));
    }
  }

  private static Stream<Blob> contents(Host.Part part) {
    return Stream.concat(
        Stream.of(part.head()),
        part.pieces().stream()
            .filter(Host.Piece.Fresh.class::isInstance)
            .map(piece -> ((Host.Piece.Fresh) piece).content()));
  }

  private static void collect(@Nullable Completion completion, StringBuilder seen) {
    if (completion instanceof Completion.Result(Value.Pickled(var bytes, var text))) {
      seen.append(text);
      append(bytes, seen);
    } else if (completion != null) {
      seen.append(completion);
    }
  }

  private static void append(Blob blob, StringBuilder seen) {
    seen.append(new String(blob.bytes(), StandardCharsets.ISO_8859_1)).append('\n');
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
