package dev.errand.benchmarks;

import dev.errand.Errand;
import dev.errand.agent.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// One job of 500 turns whose messages have a known size, and are all shown to its model each time:
/// how its file grows, and what a turn takes at the beginning and at the end.
final class LongJobBench {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final int TURNS = 500;
  private static final int ROUNDS = 3;
  private static final int EACH = 100;
  private static final int CALL = 1_000;
  private static final int RESULT = 4_000;
  private static final long NEVER = 10_000_000;

  private final Path folder;
  private final Report report;
  private final long[] nanos = new long[TURNS + 1];
  private final long[] busy = new long[TURNS / EACH + 1];
  private final long[] bytes = new long[TURNS / EACH + 1];

  LongJobBench(Path folder, Report report) {
    this.folder = folder;
    this.report = report;
  }

  void measure() throws IOException, InterruptedException {
    run(Turner.READ);
    run(Turner.WRITE);
  }

  private void run(Turner kind) throws IOException, InterruptedException {
    var file = folder.resolve("long-" + kind + ".db");
    var first = new double[ROUNDS];
    var last = new double[ROUNDS];
    var firstBusy = new double[ROUNDS];
    var lastBusy = new double[ROUNDS];
    take(kind, file);
    for (int round = 0; round < ROUNDS; round++) {
      Files.delete(file);
      take(kind, file);
      first[round] = p50(1, EACH);
      last[round] = p50(TURNS - EACH, TURNS);
      firstBusy[round] = busyMillis(1);
      lastBusy[round] = busyMillis(TURNS / EACH);
    }
    printStored(kind, Files.size(file));
    printTime("  a turn of the first %d, and of the last".formatted(EACH), first, last);
    printTime("  processor time of these", firstBusy, lastBusy);
  }

  private void take(Turner kind, Path file) throws InterruptedException {
    try (var errand = Errand.open(file)) {
      errand.worker().concurrency(1).start();
      var agent =
          kind.agent("long", TURNS, request -> reply(kind, file, request), "r".repeat(RESULT))
              .compactAt(NEVER)
              .build();
      TurnsBench.requireDone(errand.submit(agent).await(LONG));
    }
  }

  private Model.Reply reply(Turner kind, Path file, Model.Request request) {
    int turn = request.replies();
    if (turn % EACH == 0) {
      bytes[turn / EACH] = stored(file);
      busy[turn / EACH] = Report.processorNanos();
    }
    nanos[turn] = System.nanoTime();
    return kind.reply(request, TURNS, "a".repeat(CALL));
  }

  /// The pages in use, those included that are in the log: what the file has once that is moved.
  private static long stored(Path file) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "select (page_count - freelist_count) * page_size"
                    + " from pragma_page_count, pragma_freelist_count, pragma_page_size")) {
      return row.getLong(1);
    } catch (SQLException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private void printStored(Turner kind, long inAll) {
    var grown =
        IntStream.rangeClosed(1, TURNS / EACH)
            .mapToObj(n -> String.format(Locale.ROOT, "%.2f", (bytes[n] - bytes[0]) / 1e6))
            .collect(Collectors.joining(", "));
    report.line(
        "turns",
        "one job of %d, %s".formatted(TURNS, kind.title()),
        "%s MB after each %d; file %.2f MB".formatted(grown, EACH, inAll / 1e6));
    double each = (bytes[TURNS / EACH] - bytes[0]) / (double) TURNS;
    report.line(
        "turns",
        "  stored for each turn",
        String.format(
            Locale.ROOT, "%.0f bytes, %.2f times what was said", each, each / (CALL + RESULT)));
  }

  private void printTime(String what, double[] first, double[] last) {
    double before = Report.median(first);
    double after = Report.median(last);
    report.line(
        "turns",
        what,
        String.format(
            Locale.ROOT,
            "%.2f ms and %.2f ms: %.2f times (median of %d)",
            before,
            after,
            after / before,
            ROUNDS));
  }

  /// Turns in which the file was looked at are left out by the median.
  private double p50(int from, int to) {
    var each = IntStream.range(from, to).mapToLong(n -> nanos[n + 1] - nanos[n]).toArray();
    return Report.millis(each, 0.5);
  }

  /// Of a turn, in the `n`-th hundred of them.
  private double busyMillis(int n) {
    return (busy[n] - busy[n - 1]) / 1e6 / EACH;
  }
}
