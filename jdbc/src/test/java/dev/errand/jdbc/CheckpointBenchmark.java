package dev.errand.jdbc;

import dev.errand.job.Blob;
import dev.errand.job.Delta;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Progress;
import dev.errand.job.Variable;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Measures what checkpoints cost the store: bytes of the log, and time; a program, not a test.
///
/// `java -cp … dev.errand.jdbc.CheckpointBenchmark [DIRECTORY]`
final class CheckpointBenchmark {
  private static final int STEPS = 1_000;
  private static final int PIECES = 1_600;
  private static final int PIECE_BYTES = 32 * 1024;
  private static final JobId JOB = new JobId("k3f9x2ab");

  private final Random random = new Random(7);
  private final SqliteStore store;
  private final Path log;
  private final Connection beside;
  private final Claim claim;
  private long version;

  private CheckpointBenchmark(SqliteStore store, Path file, Connection beside) {
    this.store = store;
    this.log = file.resolveSibling(file.getFileName() + "-wal");
    this.beside = beside;
    store.submit(TestJobs.job(JOB));
    this.claim = store.claim("worker", 1, Duration.ofHours(1)).getFirst();
  }

  public static void main(String[] arguments) throws IOException, SQLException {
    var parent = Path.of(arguments.length > 0 ? arguments[0] : "/tmp");
    for (int round = 0; round < 3; round++) {
      var directory = Files.createTempDirectory(parent, "errand-bench");
      var file = directory.resolve("jobs.db");
      try (var store = SqliteStore.open(file, InstantSource.system());
          var beside = DriverManager.getConnection("jdbc:sqlite:" + file)) {
        new CheckpointBenchmark(store, file, beside).all();
      } finally {
        try (var files = Files.list(directory)) {
          for (var left : files.toList()) {
            Files.delete(left);
          }
        }
        Files.delete(directory);
      }
    }
  }

  private void all() throws IOException, SQLException {
    measure("no workspace", STEPS, n -> null, true);
    measure("a new variable each, no entry", STEPS, n -> small(n, n), false);
    measure("a new variable each", STEPS, n -> small(STEPS + n, STEPS + n), true);
    measure("the same variable in later turns", STEPS, n -> small(2 * STEPS + n, 1), true);
    measure("the same variable in one turn", STEPS, n -> small(3 * STEPS, 1), true);
    measure("50 MB", 1, n -> large(3 * STEPS, places(PIECES)), false);
    measure(
        "one of 1,600 pieces",
        200,
        n -> large(3 * STEPS + 1 + n, Map.of(random.nextInt(PIECES), piece())),
        true);
    measure("a small one beside 50 MB", STEPS, n -> small(4 * STEPS + n, 1), true);
    read();
  }

  private Map<Integer, Blob> places(int count) {
    var pieces = new HashMap<Integer, Blob>();
    for (int place = 0; place < count; place++) {
      pieces.put(place, piece());
    }
    return pieces;
  }

  private Blob piece() {
    var bytes = new byte[PIECE_BYTES];
    random.nextBytes(bytes);
    return new Blob(bytes);
  }

  private static Delta small(int turn, int number) {
    var head = new Blob("\u0080\u0005K\u0001.".repeat(6).getBytes(StandardCharsets.UTF_8));
    var variable = new Variable("x" + number, "int", 30, "" + number, "");
    var put = new Delta.Put(number, head, 0, new TreeMap<>(), List.of(variable));
    return new Delta(turn, List.of(put), List.of(), Map.of());
  }

  private static Delta large(int turn, Map<Integer, Blob> pieces) {
    var chunks = new TreeMap<Integer, String>();
    var fresh = new HashMap<String, Blob>();
    pieces.forEach(
        (place, piece) -> {
          chunks.put(place, piece.address());
          fresh.put(piece.address(), piece);
        });
    var head = new Blob("head".repeat(20).getBytes(StandardCharsets.UTF_8));
    var variable = new Variable("big", "list", 50_000_000, "['…', '…']", "");
    var put = new Delta.Put(100_000, head, PIECES, chunks, List.of(variable));
    return new Delta(turn, List.of(put), List.of(), fresh);
  }

  private void read() {
    for (int round = 0; round < 5; round++) {
      long begin = System.nanoTime();
      var parts = store.checkpoint(JOB).orElseThrow().coVariables();
      long listed = System.nanoTime();
      parts.forEach(part -> store.chunks(part.chunks()));
      long read = System.nanoTime();
      System.out.printf(
          "reading: %d co-variables %,d us, their pieces %,d us%n",
          parts.size(), (listed - begin) / 1_000, (read - listed) / 1_000);
    }
  }

  private interface Deltas {
    @Nullable Delta of(int step);
  }

  private void measure(String what, int steps, Deltas deltas, boolean entry)
      throws IOException, SQLException {
    var micros = new long[steps];
    beginTheLogAnew();
    for (int n = 0; n < steps; n++) {
      var changes = new ArrayList<Change>();
      if (entry) {
        changes.add(new Change.Recorded(n, Entry.Kind.CONSOLE, Json.object("text", "line " + n)));
      }
      var delta = deltas.of(n);
      if (delta != null) {
        changes.add(new Change.Checkpointed(delta));
      }
      var step =
          new Step(
              claim.lease(),
              version,
              JobStatus.STARTED,
              new Progress(n, true, 3, 0, 0, 0),
              changes,
              new Step.Next.Continue());
      long begin = System.nanoTime();
      version = store.commit(step).version();
      micros[n] = (System.nanoTime() - begin) / 1_000;
    }
    Arrays.sort(micros);
    System.out.printf(
        "%-36s %,10d bytes/step, p50 %,7d us, p99 %,7d us%n",
        what, (Files.size(log) - 32) / steps, micros[steps / 2], micros[steps * 99 / 100]);
  }

  /// Cuts the log off, and reads in it from now on, so that nobody else begins it anew.
  private void beginTheLogAnew() throws IOException, SQLException {
    try (var statement = beside.createStatement()) {
      statement.executeUpdate("commit");
    } catch (SQLException atFirst) {
      // There was nothing to end.
    }
    try (var statement = beside.createStatement()) {
      while (Files.size(log) > 0) {
        statement.execute("pragma wal_checkpoint(truncate)");
      }
      statement.execute("begin");
      statement.executeQuery("select count(*) from job").close();
    }
  }
}
