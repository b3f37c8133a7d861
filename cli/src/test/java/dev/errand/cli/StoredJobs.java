package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskSpec;
import dev.errand.job.Blob;
import dev.errand.job.CodeBlock;
import dev.errand.job.Delta;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.NewJob;
import dev.errand.job.Progress;
import dev.errand.job.Variable;
import dev.errand.spi.Change;
import dev.errand.spi.Step;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Fills a store with jobs whose work is done in Java.
final class StoredJobs {
  private StoredJobs() {}

  /// A done root of that key with two children: `good`, which returns 5, and `bad`, which fails.
  static String family(Path store, String key) {
    try (var errand = Errand.open(store)) {
      return done(errand, submit(errand, key));
    }
  }

  /// A done root of that key with so many children.
  static void wide(Path store, String key, int children) {
    try (var errand = Errand.open(store)) {
      errand.register(Agent.named("idler").program(job -> null).build());
      var parent =
          Agent.named("wide-parent")
              .program(
                  job ->
                      job.awaitAll(
                              Stream.generate(() -> job.start(SubTaskSpec.of("idler")))
                                  .limit(children)
                                  .toList())
                          .size())
              .build();
      done(errand, errand.submit(parent, spec -> spec.key(key)));
    }
  }

  private static String done(Errand errand, Job job) {
    try {
      errand.worker().start();
      job.await(Duration.ofMinutes(1));
      return job.id().text();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /// The same, not begun.
  static Job submit(Errand errand, String key) {
    errand.register(Agent.named("measurer").program(StoredJobs::measure).build());
    var parent = Agent.named("parent").program(StoredJobs::delegate).build();
    return errand.submit(parent, spec -> spec.key(key).var("text", "hello"));
  }

  private static Object delegate(JobScope job) {
    job.print("two lines");
    job.print("of output");
    var text = job.var("text", String.class);
    var good = job.start(SubTaskSpec.of("measurer").id("good").var("text", text));
    var bad = job.start(SubTaskSpec.of("measurer").id("bad"));
    job.awaitAll(List.of(good, bad));
    return Json.object("length", good.result(Integer.class));
  }

  private static Object measure(JobScope job) {
    return job.var("text", String.class).length();
  }

  /// A job that has taken three turns: `x` changes in the second, `y` comes there and goes in the
  /// third, `big` stays, and one piece of the first was replaced within it.
  static void threeTurns(Path file, String id) {
    try (var errand = Errand.open(file)) {
      var store = errand.store();
      var agent = Agent.named("noter").build().spec();
      var definition = JobDefinition.of(agent, CodeBlock.python("pass"));
      store.submit(new NewJob(new JobId(id), null, definition, "asked", null, null));
      var claim = store.claim("preparing", 1, Duration.ofMinutes(1)).getFirst();
      var changes =
          List.of(
              said(0),
              put(0, 1, "", new Variable("x", "int", 30, "1", "")),
              put(0, 2, "gone", new Variable("big", "list", 9, "[]", "")),
              put(0, 2, "kept", new Variable("big", "list", 2_500_000, "[…]", "")),
              said(1),
              put(1, 1, "", new Variable("x", "int", 30, "2", "")),
              put(1, 3, "", new Variable("y", "generator", 0, "", "a running generator")),
              new Change.Checkpointed(new Delta(2, List.of(), List.of(3), Map.of())));
      var yield = new Step.Next.Yield(errand.now());
      store.commit(
          new Step(claim.lease(), 0, JobStatus.STARTED, Progress.after(2), changes, yield));
    }
  }

  private static Change said(int turn) {
    return new Change.Recorded(
        turn, Entry.Kind.MESSAGE, Json.object("text", "said in turn " + turn));
  }

  private static Change put(int turn, int number, String piece, Variable variable) {
    var blob = new Blob(piece.getBytes(StandardCharsets.UTF_8));
    var chunks = new TreeMap<Integer, String>();
    if (!piece.isEmpty()) {
      chunks.put(0, blob.address());
    }
    var put = new Delta.Put(number, Blob.EMPTY, chunks.size(), chunks, List.of(variable));
    return new Change.Checkpointed(
        new Delta(turn, List.of(put), List.of(), Map.of(blob.address(), blob)));
  }
}
