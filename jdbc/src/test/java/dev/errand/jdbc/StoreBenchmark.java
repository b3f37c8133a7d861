package dev.errand.jdbc;

import dev.errand.job.AgentSpec;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.Subtask;
import dev.errand.job.Value;
import dev.errand.job.Wait;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Step;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/// Measures the store by itself; a program, not a test.
///
/// `java -cp … dev.errand.jdbc.StoreBenchmark [DIRECTORY [ROUNDS]]`
final class StoreBenchmark {
  private static final int CHILDREN = 1_000;
  private static final int AT_ONCE = 100;
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final JobDefinition DEFINITION =
      JobDefinition.of(AgentSpec.program("child"), CodeBlock.python("pass"));

  private final SqliteStore store;

  private StoreBenchmark(SqliteStore store) {
    this.store = store;
  }

  public static void main(String[] arguments) throws Exception {
    var parent =
        arguments.length > 0
            ? Path.of(arguments[0])
            : Path.of(System.getProperty("java.io.tmpdir"));
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20;
    var directory = Files.createTempDirectory(parent, "errand-bench");
    try (var store = SqliteStore.open(directory.resolve("jobs.db"), InstantSource.system())) {
      var benchmark = new StoreBenchmark(store);
      for (int round = 0; round < rounds; round++) {
        benchmark.fanOut("fan" + round, round);
      }
      benchmark.commits(1, 2_000);
      benchmark.commits(16, 10_000);
      benchmark.commits(64, 20_000);
      benchmark.claims();
      benchmark.whicheverNext();
    } finally {
      delete(directory);
    }
  }

  /// A parent creates children in batches, each of which is claimed, ends with a result, and wakes
  /// the parent.
  private void fanOut(String root, int round) throws Exception {
    var id = new JobId(root);
    store.submit(job(id, false));
    long cpu = writerCpu();
    long begin = System.nanoTime();
    var claim = store.claim("parent", 1, LEASE).getFirst();
    var children = IntStream.rangeClosed(1, CHILDREN).mapToObj(id::child).toList();
    long version = 0;
    for (int from = 0; from < CHILDREN; from += AT_ONCE) {
      var changes =
          children.subList(from, from + AT_ONCE).stream()
              .<Change>map(child -> new Change.Created(job(child, true)))
              .toList();
      version = store.commit(step(claim, version, changes, new Step.Next.Continue())).version();
    }
    store.commit(
        step(claim, version, List.of(), new Step.Next.Await(new Wait(children, CHILDREN))));
    long created = System.nanoTime();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var work = new ArrayList<Future<?>>();
      while (work.size() < CHILDREN) {
        for (var child : store.claim("worker", 64, LEASE)) {
          work.add(threads.submit(() -> store.commit(end(child))));
        }
      }
      for (var done : work) {
        done.get();
      }
    }
    var parent = store.claim("parent", 1, LEASE).getFirst();
    store.commit(
        step(
            parent,
            parent.version(),
            List.of(new Change.Ended(new Outcome.Succeeded(Value.of(null)))),
            new Step.Next.End()));
    long end = System.nanoTime();
    System.out.printf(
        "fan-out %2d: %,7.0f children/s; creation %.1f us, rest %.1f us, writer cpu %.1f us each%n",
        round,
        CHILDREN * 1e9 / (end - begin),
        (created - begin) / 1e3 / CHILDREN,
        (end - created) / 1e3 / CHILDREN,
        (writerCpu() - cpu) / 1e3 / CHILDREN);
  }

  /// So many committers, each appending to its own job.
  private void commits(int committers, int total) throws Exception {
    var claims = new ArrayList<Claim>();
    for (int n = 0; n < committers; n++) {
      store.submit(job(new JobId("c" + committers + "x" + n), false));
    }
    while (claims.size() < committers) {
      claims.addAll(store.claim("worker", committers, Duration.ofHours(1)));
    }
    var micros = new long[total];
    int each = total / committers;
    long cpu = writerCpu();
    long begin = System.nanoTime();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var work = new ArrayList<Future<?>>();
      for (int n = 0; n < committers; n++) {
        int first = n * each;
        var claim = claims.get(n);
        work.add(threads.submit(() -> append(claim, each, micros, first)));
      }
      for (var done : work) {
        done.get();
      }
    }
    long took = System.nanoTime() - begin;
    var sorted = Arrays.copyOf(micros, each * committers);
    Arrays.sort(sorted);
    System.out.printf(
        "%2d committers: %,6.0f commits/s; latency p50 %,d us, p99 %,d us, max %,d us; writer cpu"
            + " %.1f us%n",
        committers,
        sorted.length * 1e9 / took,
        sorted[sorted.length / 2],
        sorted[sorted.length * 99 / 100],
        sorted[sorted.length - 1],
        (writerCpu() - cpu) / 1e3 / sorted.length);
  }

  private void append(Claim claim, int times, long[] micros, int first) {
    long version = claim.version();
    for (int n = 0; n < times; n++) {
      long begin = System.nanoTime();
      var said = new Change.Recorded(0, Entry.Kind.CONSOLE, Json.object("text", "line " + n));
      version =
          store.commit(step(claim, version, List.of(said), new Step.Next.Continue())).version();
      micros[first + n] = (System.nanoTime() - begin) / 1_000;
    }
  }

  private void claims() {
    int polls = 100_000;
    long begin = System.nanoTime();
    for (int n = 0; n < polls; n++) {
      if (!store.claim("nobody", 1, LEASE).isEmpty()) {
        throw new IllegalStateException("Something is due");
      }
    }
    System.out.printf("empty claim: %.1f us%n", (System.nanoTime() - begin) / 1e3 / polls);
  }

  /// A parent that waits for whichever of its children ends next, over and over.
  private void whicheverNext() {
    var id = new JobId("loop");
    store.submit(job(id, false));
    var parent = store.claim("parent", 1, LEASE).getFirst();
    var children = new ArrayList<>(IntStream.rangeClosed(1, CHILDREN).mapToObj(id::child).toList());
    var created =
        children.stream().<Change>map(child -> new Change.Created(job(child, true))).toList();
    long version = store.commit(step(parent, 0, created, new Step.Next.Continue())).version();
    var claims = store.claim("worker", CHILDREN, Duration.ofHours(1));
    long begin = System.nanoTime();
    for (var claim : claims) {
      store.commit(step(parent, version, List.of(), new Step.Next.Await(new Wait(children, 1))));
      store.commit(end(claim));
      children.remove(claim.job().id());
      parent = store.claim("parent", 1, LEASE).getFirst();
      version = parent.version();
    }
    System.out.printf("as completed: %.1f us each%n", (System.nanoTime() - begin) / 1e3 / CHILDREN);
  }

  private static NewJob job(JobId id, boolean delegated) {
    var handler = delegated ? Subtask.open(Json.Null.VALUE) : null;
    return new NewJob(id, null, DEFINITION, "digest-of-what-was-asked", handler, null);
  }

  private static Step end(Claim claim) {
    return step(
        claim,
        claim.version(),
        List.of(
            new Change.Completed(new Completion.Result(Value.of(42))),
            new Change.Ended(new Outcome.Succeeded(Value.of(42)))),
        new Step.Next.End());
  }

  private static Step step(Claim claim, long version, List<Change> changes, Step.Next next) {
    var status =
        switch (next) {
          case Step.Next.End ignored -> JobStatus.DONE;
          case Step.Next.Await ignored -> JobStatus.SUSPENDED;
          case Step.Next.Continue ignored -> JobStatus.STARTED;
          case Step.Next.Yield ignored -> JobStatus.STARTED;
        };
    return new Step(claim.lease(), version, status, Progress.START, changes, next);
  }

  /// Nanoseconds of processor time that the writer thread has had.
  private static long writerCpu() {
    var threads = ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getAllThreadIds())
        .filter(
            id -> {
              var info = threads.getThreadInfo(id);
              return info != null && info.getThreadName().equals("errand-store");
            })
        .map(threads::getThreadCpuTime)
        .sum();
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(StoreBenchmark::deleteFile);
    }
  }

  private static void deleteFile(Path file) {
    try {
      Files.delete(file);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
