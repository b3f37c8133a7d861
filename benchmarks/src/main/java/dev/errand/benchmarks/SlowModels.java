package dev.errand.benchmarks;

import dev.errand.Errand;
import dev.errand.agent.Model;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// Many jobs at once whose models take 2 s for each answer, in a JVM of its own: prints how long
/// they waited for anything else, and what memory and threads that took.
final class SlowModels {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration ANSWER = Duration.ofSeconds(2);
  private static final int CALLS = 2;
  private static final int REPLIES = CALLS + 1;

  private final Report report;
  private final Path file;
  private final int jobs;
  private final int places;
  private final long[] asked;
  private final long[] answered;
  private final AtomicInteger calls = new AtomicInteger();

  private SlowModels(Report report, Path file, int jobs, int places) {
    this.report = report;
    this.file = file;
    this.jobs = jobs;
    this.places = places;
    this.asked = new long[jobs * REPLIES];
    this.answered = new long[jobs * REPLIES];
  }

  public static void main(String... arguments) throws IOException, InterruptedException {
    new SlowModels(
            new Report(System.out),
            Path.of(arguments[0]),
            Integer.parseInt(arguments[1]),
            Integer.parseInt(arguments[2]))
        .measure();
  }

  private void measure() throws IOException, InterruptedException {
    var heap = new HeapAfterCollections();
    var threads = ManagementFactory.getThreadMXBean();
    long first;
    long start;
    long ended;
    try (var errand = Errand.open(file)) {
      var agent = Turner.READ.agent("slow", CALLS, this::answer, "found").build();
      first = System.nanoTime();
      var all =
          IntStream.range(0, jobs)
              .mapToObj(n -> errand.submit(agent, spec -> spec.message(Integer.toString(n))))
              .toList();
      start = System.nanoTime();
      errand.worker().concurrency(places).start();
      for (var job : all) {
        TurnsBench.requireDone(job.await(LONG));
      }
      ended = System.nanoTime();
    }
    line(
        "until all have ended",
        String.format(
            Locale.ROOT,
            "%.2f s; %d answers of 2 s by %d at a time take %.0f s; submitted in %.2f s before",
            (ended - start) / 1e9,
            REPLIES,
            places,
            REPLIES * ANSWER.toSeconds() * Math.ceil(jobs / (double) places),
            (start - first) / 1e9));
    lineOfWaits("  from the worker's start to a job's first call", firstWaits(start));
    lineOfWaits("  from an answer to the next call", laterWaits());
    line(
        "  memory and threads",
        String.format(
            Locale.ROOT,
            "%d MB live at most, of a heap of %d MB; %d platform threads; process at most %d MB",
            heap.most() >> 20,
            Runtime.getRuntime().maxMemory() >> 20,
            threads.getPeakThreadCount(),
            residentMegabytes()));
  }

  /// Answers with a call of the tool, after a while in which no platform thread waits.
  private Model.Reply answer(Model.Request request) {
    int n = Integer.parseInt(request.messages().getFirst().text().strip());
    int at = n * REPLIES + request.replies();
    asked[at] = System.nanoTime();
    if (calls.incrementAndGet() % jobs == 0) {
      System.gc(); // about all jobs wait for an answer now
    }
    try {
      Thread.sleep(ANSWER);
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
    answered[at] = System.nanoTime();
    return Turner.READ.reply(request, CALLS, "it");
  }

  private LongStream firstWaits(long start) {
    return IntStream.range(0, jobs).mapToLong(n -> asked[n * REPLIES] - start);
  }

  private LongStream laterWaits() {
    return IntStream.range(0, jobs * REPLIES)
        .filter(at -> at % REPLIES > 0)
        .mapToLong(at -> asked[at] - answered[at - 1]);
  }

  private void lineOfWaits(String what, LongStream waits) {
    var nanos = waits.toArray();
    line(
        what,
        String.format(
            Locale.ROOT,
            "p50 %.0f ms, p99 %.0f ms, at most %.0f ms",
            Report.millis(nanos, 0.5),
            Report.millis(nanos, 0.99),
            Arrays.stream(nanos).max().orElseThrow() / 1e6));
  }

  private void line(String what, String figures) {
    var whose = what.startsWith(" ") ? what : jobs + " jobs at once: " + what;
    report.line("turns", whose, figures);
  }

  private static long residentMegabytes() throws IOException {
    var status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(status)) {
      return lines
              .filter(line -> line.startsWith("VmHWM:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .sum()
          >> 10;
    }
  }
}
