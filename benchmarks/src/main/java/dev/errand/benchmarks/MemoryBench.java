package dev.errand.benchmarks;

import dev.errand.Errand;
import dev.errand.job.Note;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A memory of 100,000 cards: writing them, and searching among them.
///
/// Cards have 20 words of 20,000, of which some are in many cards and most in few, as in a
/// language.
final class MemoryBench {
  private static final int CARDS = 100_000;
  private static final int WORDS = 20_000;
  private static final int WORDS_OF_A_CARD = 20;
  private static final int WRITERS = 64;
  private static final int SEARCHES = 200;
  private static final int TOP = 15;

  private final Random random = new Random(1);
  private final Path folder;
  private final Report report;

  MemoryBench(Path folder, Report report) {
    this.folder = folder;
    this.report = report;
  }

  void measure() throws Exception {
    try (var errand = Errand.open(folder.resolve("memory.db"))) {
      write(errand);
      search(
          errand,
          "8 words, one of them in nearly every second card",
          () -> words(7) + " " + word(3));
      search(errand, "8 words as in the cards", () -> words(8));
      search(errand, "one rare word", () -> word(WORDS / 2));
    }
  }

  /// A word that is in one card of so many, roughly.
  private static String word(int rank) {
    return "w" + Integer.toString(rank + 36 * 36 * 36, 36);
  }

  /// Few words are frequent: the n-th comes about once in n.
  private String words(int count) {
    return IntStream.range(0, count)
        .mapToObj(n -> word((int) Math.exp(random.nextDouble() * Math.log(WORDS))))
        .collect(Collectors.joining(" "));
  }

  private void write(Errand errand) throws Exception {
    var memory = errand.memory("bench");
    var notes = new ArrayList<Note>();
    for (int n = 0; n < CARDS; n++) {
      notes.add(Note.of(Note.Type.FACT, words(WORDS_OF_A_CARD)));
    }
    long start = System.nanoTime();
    try (var threads = Executors.newFixedThreadPool(WRITERS)) {
      List<Callable<Integer>> all = new ArrayList<>();
      for (int writer = 0; writer < WRITERS; writer++) {
        int first = writer;
        all.add(
            () -> {
              for (int n = first; n < CARDS; n += WRITERS) {
                memory.remember(notes.get(n));
              }
              return first;
            });
      }
      for (var done : threads.invokeAll(all)) {
        done.get();
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    if (memory.size() != CARDS) {
      throw new IllegalStateException("There are " + memory.size() + " cards");
    }
    report.line(
        "memory",
        "writing 100,000 cards, 64 writers",
        String.format(Locale.ROOT, "%.0f/s", CARDS / seconds));
  }

  private void search(Errand errand, String what, Callable<String> question) throws Exception {
    var memory = errand.memory("bench").view();
    var nanos = new long[SEARCHES];
    for (int n = -SEARCHES / 4; n < SEARCHES; n++) {
      var asked = question.call();
      long start = System.nanoTime();
      if (memory.search(asked, TOP).isEmpty()) {
        throw new IllegalStateException("Nothing was found for " + asked);
      }
      nanos[Math.max(n, 0)] = System.nanoTime() - start;
    }
    report.line(
        "memory",
        "search, " + what,
        String.format(
            Locale.ROOT,
            "p50 %.1f ms, p99 %.1f ms",
            Report.millis(nanos, 0.5),
            Report.millis(nanos, 0.99)));
  }
}
