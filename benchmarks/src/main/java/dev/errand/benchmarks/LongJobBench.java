package dev.errand.benchmarks;

import dev.errand.Errand;
import dev.errand.agent.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    for (int n = TURNS / EACH; n >= 0; n--) {
      bytes[n] = stored(kind, n * EACH);
    }
    for (int round = 0; round < ROUNDS; round++) {
      Files.deleteIfExists(file);
      take(kind, file, TURNS);
      first[round] = p50(1, EACH);
      last[round] = p50(TURNS - EACH, TURNS);
      firstBusy[round] = busyMillis(1);
      lastBusy[round] = busyMillis(TURNS / EACH);
    }
    printStored(kind);
    printTime("  a turn of the first %d, and of the last".formatted(EACH), first, last);
    printTime("  processor time of these", firstBusy, lastBusy);
  }

  private void take(Turner kind, Path file, int turns) throws InterruptedException {
    try (var errand = Errand.open(file)) {
      errand.worker().concurrency(1).start();
      var agent =
          kind.agent("long", turns, request -> reply(kind, turns, request), "r".repeat(RESULT))
              .compactAt(NEVER)
              .build();
      TurnsBench.requireDone(errand.submit(agent).await(LONG));
    }
  }

  private Model.Reply reply(Turner kind, int turns, Model.Request request) {
    int turn = request.replies();
    if (turn % EACH == 0) {
      busy[turn / EACH] = Report.processorNanos();
    }
    nanos[turn] = System.nanoTime();
    return kind.reply(request, turns, "a".repeat(CALL));
  }

  /// What the file of one job of so many turns takes, once it is closed.
  private long stored(Turner kind, int turns) throws IOException, InterruptedException {
    var file = folder.resolve("stored-" + kind + "-" + turns + ".db");
    take(kind, file, turns);
    return Files.size(file);
  }

  private void printStored(Turner kind) {
    var grown =
        IntStream.rangeClosed(1, TURNS / EACH)
            .mapToObj(n -> String.format(Locale.ROOT, "%.2f", (bytes[n] - bytes[0]) / 1e6))
            .collect(Collectors.joining(", "));
    report.line(
        "turns",
        "one job of %d, %s".formatted(TURNS, kind.title()),
        "%s MB after each %d; file %.2f MB".formatted(grown, EACH, bytes[TURNS / EACH] / 1e6));
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

  private double p50(int from, int to) {
    var each = IntStream.range(from, to).mapToLong(n -> nanos[n + 1] - nanos[n]).toArray();
    return Report.millis(each, 0.5);
  }

  /// Of a turn, in the `n`-th hundred of them.
  private double busyMillis(int n) {
    return (busy[n] - busy[n - 1]) / 1e6 / EACH;
  }
}
