package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.job.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
                              Stream.generate(() -> job.delegate("idler").start())
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
    var good = job.delegate("measurer").id("good").var("text", text).start();
    var bad = job.delegate("measurer").id("bad").start();
    job.awaitAll(List.of(good, bad));
    return Json.object("length", good.result(Integer.class));
  }

  private static Object measure(JobScope job) {
    return job.var("text", String.class).length();
  }
}
