package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.errand.job.Entry;
import dev.errand.job.JobRecord;
import dev.errand.job.Outcome;
import dev.errand.spi.Store;
import dev.errand.spi.StoreProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A whole process and its Python children killed again and again in the middle of real work on a
/// real file.
///
/// Every boundary of a run is tried, and 150 random kills beside, over 200 in all;
/// `-Derrand.kills=10000` for a long attack, `-Derrand.seed=…` to begin with the same dice.
class KillTest {
  private static final int KILLS = Integer.getInteger("errand.kills", 150);
  private static final int AT_ONCE = 3;
  private static final int WARM = 64;

  @TempDir Path folder;
  private Undisturbed expected;
  private final AtomicInteger kills = new AtomicInteger();

  /// What a run that nobody kills leaves behind.
  private record Undisturbed(Map<String, String> consoles, List<String> effects, long writes) {}

  @BeforeEach
  void see_an_undisturbed_run() throws Exception {
    var store = folder.resolve("undisturbed.db");
    var effects = folder.resolve("undisturbed.txt");
    finish(store, effects, WARM);
    try (var opened = open(store)) {
      var root = opened.findByKey(Killed.KEY).orElseThrow();
      assertThat(root.outcome()).isInstanceOf(Outcome.Succeeded.class);
      long entries = opened.events(root.id(), 0, 100_000).size();
      expected = new Undisturbed(consoles(opened, root), texts(effects), entries);
    }
  }

  @Test
  void killed_at_every_commit_boundary_nothing_is_lost_and_nothing_is_done_twice()
      throws Exception {
    var end = new AtomicInteger(Integer.MAX_VALUE);
    inParallel(
        turn -> {
          int at = 1 + turn / 2;
          boolean after = turn % 2 == 1;
          if (at > end.get()) {
            return false;
          }
          if (!killAndFinish(at, after)) {
            end.accumulateAndGet(at, Math::min);
          }
          return true;
        });
    assertThat(kills).hasValueGreaterThan(50);
  }

  /// Kills one run at a write and finishes it; false if it was done before it came to that write.
  private boolean killAndFinish(int at, boolean after) throws Exception {
    var name = "at" + at + (after ? "after" : "before");
    var store = folder.resolve(name + ".db");
    var effects = folder.resolve(name + ".txt");
    int warm = at % 2 == 0 ? WARM : 0;
    boolean killed = start(store, effects, at, after, warm).waitFor() != 0;
    if (killed) {
      kills.incrementAndGet();
      finish(store, effects, warm);
    }
    check(store, effects, "killed at write " + name);
    return killed;
  }

  @Test
  void killed_at_random_moments_nothing_is_lost_and_nothing_is_done_twice() throws Exception {
    long seed = Long.getLong("errand.seed", System.nanoTime());
    System.out.println("KillTest: -Derrand.seed=" + seed);
    inParallel(
        turn -> {
          if (kills.get() >= KILLS) {
            return false;
          }
          var random = new Random(seed + turn);
          var store = folder.resolve("random" + turn + ".db");
          var effects = folder.resolve("random" + turn + ".txt");
          while (!killedOrDone(store, effects, random)) {
            kills.incrementAndGet();
          }
          check(store, effects, "-Derrand.seed=" + seed + ", turn " + turn);
          return true;
        });
  }

  /// Something that is tried in turns until it says that there are no more.
  private interface Attempt {
    boolean make(int turn) throws Exception;
  }

  private static void inParallel(Attempt attempt) throws Exception {
    var turns = new AtomicInteger();
    try (var threads = Executors.newFixedThreadPool(AT_ONCE)) {
      var all = new ArrayList<Future<?>>();
      for (int i = 0; i < AT_ONCE; i++) {
        all.add(
            threads.submit(
                () -> {
                  boolean more = true;
                  while (more) {
                    more = attempt.make(turns.getAndIncrement());
                  }
                  return null;
                }));
      }
      for (var one : all) {
        one.get();
      }
    }
  }

  private void finish(Path store, Path effects, int warm) throws Exception {
    int code = start(store, effects, 0, false, warm).waitFor();
    assertThat(code).as(() -> stderr()).isZero();
  }

  private String stderr() {
    try {
      return Files.readString(folder.resolve("stderr.txt"));
    } catch (IOException unreadable) {
      return unreadable.toString();
    }
  }

  /// Works on the store until done, or until killed: by the process itself at a chosen write, or
  /// from outside.
  private boolean killedOrDone(Path store, Path effects, Random random) throws Exception {
    int warm = random.nextBoolean() ? WARM : 0;
    if (random.nextInt(3) > 0) {
      long at = 1L + random.nextInt(30);
      return start(store, effects, at, random.nextBoolean(), warm).waitFor() == 0;
    }
    var process = start(store, effects, 0, false, warm);
    if (process.waitFor(300L + random.nextInt(1500), TimeUnit.MILLISECONDS)) {
      return process.exitValue() == 0;
    }
    var below = process.descendants().toList();
    process.destroyForcibly().waitFor();
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(below).noneMatch(ProcessHandle::isAlive));
    return false;
  }

  private void check(Path file, Path effects, String when) throws IOException {
    try (var store = open(file)) {
      var root = store.findByKey(Killed.KEY).orElseThrow();
      var events = store.events(root.id(), 0, 100_000);
      assertThat(root.outcome()).as(when).isInstanceOf(Outcome.Succeeded.class);
      assertThat(consoles(store, root)).as(when).isEqualTo(expected.consoles());
      assertThat(count(events, Entry.Kind.SUBTASK_SPAWNED)).as(when).isEqualTo(Killed.CHILDREN);
      assertThat(count(events, Entry.Kind.SUBTASK_COMPLETED)).as(when).isEqualTo(Killed.CHILDREN);
      assertThat(count(events, Entry.Kind.JOB_ENDED)).as(when).isEqualTo(Killed.CHILDREN + 1);
      assertThat(events).as(when).extracting(Entry::sequence).isSorted().doesNotHaveDuplicates();
      assertThat(events.getLast().sequence()).as(when).isEqualTo(events.size());
    }
    checkEffects(effects, when);
  }

  /// An idempotent effect is there once; one that may happen at most once is missing only if a kill
  /// left it unknown.
  private void checkEffects(Path effects, String when) throws IOException {
    var seen = texts(effects);
    assertThat(seen).as(when).doesNotHaveDuplicates();
    assertThat(expected.effects()).as(when).containsAll(seen);
    assertThat(seen)
        .as(when)
        .containsAll(expected.effects().stream().filter(text -> !text.contains(" end ")).toList());
  }

  /// The lines of a file of effects, each `key text`, with the random root's id taken off the key.
  private static List<String> texts(Path effects) throws IOException {
    return Files.readAllLines(effects).stream()
        .map(line -> line.replaceFirst("^[a-z0-9]+", "root"))
        .sorted()
        .toList();
  }

  private static long count(List<Entry> events, Entry.Kind kind) {
    return events.stream().filter(entry -> entry.kind() == kind).count();
  }

  private static Map<String, String> consoles(Store store, JobRecord root) {
    var consoles = new TreeMap<String, String>();
    for (var entry : store.events(root.id(), 0, 100_000)) {
      if (entry.kind() == Entry.Kind.CONSOLE) {
        var place = entry.job().text().replaceFirst("^[a-z0-9]+", "root");
        consoles.merge(place, entry.data().text("text").orElseThrow(), String::concat);
      }
    }
    return consoles;
  }

  private static Store open(Path file) {
    return ServiceLoader.load(StoreProvider.class)
        .findFirst()
        .orElseThrow()
        .open(file, InstantSource.system());
  }

  private Process start(Path store, Path effects, long at, boolean after, int warm)
      throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath(),
                Killed.class.getName(),
                store.toString(),
                effects.toString(),
                Long.toString(at),
                after ? "after" : "before",
                Integer.toString(warm)));
    if (Runtime.version().feature() >= 22) {
      command.add(1, "--enable-native-access=ALL-UNNAMED");
    }
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.appendTo(folder.resolve("stderr.txt").toFile()))
        .start();
  }

  private static String classPath() {
    return List.of(
            System.getProperty("surefire.test.class.path", ""),
            System.getProperty("java.class.path"))
        .stream()
        .filter(path -> !path.isEmpty())
        .collect(Collectors.joining(System.getProperty("path.separator")));
  }
}
