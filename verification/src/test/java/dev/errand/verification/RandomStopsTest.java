package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Entry;
import dev.errand.job.JobEffect;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Retry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Random trees of programs on a file, of which random jobs are cancelled and killed, from two
/// Errands, while they delegate, wait, sleep and call tools (`-Derrand.seed=`, `-Derrand.rounds=`).
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RandomStopsTest {
  private static final int ALL = 100_000;
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Retry IMPATIENT =
      Retry.attempts(3).backoff(Duration.ofMillis(5)).timeout(Duration.ofMillis(20));

  @TempDir private Path folder;

  @Test
  void every_job_ends_once_and_begins_nothing_after_it_was_stopped(TestReporter reporter)
      throws Exception {
    long seed = Long.getLong("errand.seed", RandomGenerator.getDefault().nextLong());
    reporter.publishEntry("RandomStopsTest", "-Derrand.seed=" + seed);
    var random = new Random(seed);
    for (int round = 0; round < Integer.getInteger("errand.rounds", 15); round++) {
      stopSome(
          folder.resolve("round" + round + ".db"), random, "seed " + seed + ", round " + round);
    }
  }

  private static void stopSome(Path file, Random random, String when) throws Exception {
    try (var worker = Errand.open(file);
        var other = Errand.open(file)) {
      worker.register(node());
      worker.worker().concurrency(3).warmJobs(4).poll(Duration.ofMillis(5)).start();
      if (random.nextBoolean()) {
        other.register(node());
        other.worker().concurrency(2).warmJobs(0).poll(Duration.ofMillis(5)).start();
      }
      var root = worker.submit(node(), spec -> spec.var("seed", random.nextInt()).var("depth", 3));
      for (int n = 0; n < 6; n++) {
        worker.awaitChange(Duration.ofMillis(random.nextInt(20)));
        stopOne(random, random.nextBoolean() ? worker : other, root);
      }
      root.cancel("the round is over");
      while (root.outcome().isEmpty() || root.count().done() < root.count().jobs()) {
        worker.awaitChange(Duration.ofMillis(20));
      }
      check(worker, root.id(), when);
    }
  }

  private static void stopOne(Random random, Errand by, Job root) {
    var jobs = by.store().jobs(root.id().text(), "", ALL);
    var chosen = by.job(jobs.get(random.nextInt(jobs.size())).id().text());
    if (random.nextInt(3) == 0) {
      chosen.kill("killed");
    } else {
      chosen.cancel("cancelled");
    }
  }

  private static Agent node() {
    var tool =
        ToolFunction.of(
            "work",
            "",
            List.of("millis"),
            call -> {
              TimeUnit.MILLISECONDS.sleep(call.arguments().number("millis").orElse(0L));
              return null;
            });
    return Agent.named("node").tools(tool).program(RandomStopsTest::live).build();
  }

  /// A life that is the same each time it is lived.
  private static Object live(JobScope job) {
    var random = new Random(job.var("seed", Integer.class));
    int depth = job.var("depth", Integer.class);
    List<SubTaskHandler> handlers = new ArrayList<>();
    for (int n = 0; n < 4; n++) {
      switch (random.nextInt(depth > 0 ? 6 : 3)) {
        case 0 -> job.call("work", Json.object("millis", random.nextInt(10)));
        case 1 -> job.sleep(Duration.ofMillis(random.nextInt(10)));
        case 2 -> job.print("on");
        default -> {
          var child =
              SubTaskSpec.of("node")
                  .var("seed", random.nextInt())
                  .var("depth", depth - 1)
                  .timeout(random.nextInt(10) == 0 ? Duration.ofMillis(20) : HOUR);
          handlers.add(job.start(random.nextInt(5) == 0 ? child.retry(IMPATIENT) : child));
        }
      }
    }
    if (!handlers.isEmpty()) {
      job.awaitAll(handlers);
    }
    job.sleep(random.nextBoolean() ? HOUR : Duration.ofMillis(5));
    return handlers.size();
  }

  private static void check(Errand errand, JobId root, String when) {
    var events = errand.store().events(root, 0, ALL);
    var ended = new HashMap<JobId, Integer>();
    var handled = new HashMap<JobId, Integer>();
    var stopped = new ArrayList<JobId>();
    for (var entry : events) {
      switch (entry.kind()) {
        case JOB_ENDED -> ended.merge(entry.job(), 1, Integer::sum);
        case SUBTASK_COMPLETED, SUBTASK_FAILED, SUBTASK_CANCELLED, SUBTASK_TIMED_OUT ->
            handled.merge(entry.job(), 1, Integer::sum);
        case JOB_STOPPING -> stopped.add(entry.job());
        case SUBTASK_SPAWNED ->
            assertThat(stopped)
                .as("%s: born after it was stopped: %s", when, entry)
                .noneMatch(top -> entry.job().isWithin(top));
        default -> {}
      }
    }
    var jobs = errand.store().jobs(root.text(), "", ALL).stream().map(JobRecord::id).toList();
    assertThat(ended).as(when).isEqualTo(each(jobs));
    assertThat(handled).as(when).isEqualTo(each(jobs.subList(1, jobs.size())));
    var stops = events.stream().filter(entry -> entry.kind() == Entry.Kind.JOB_STOPPING).toList();
    assertThat(errand.store().effects(root, null, ALL))
        .as("%s: no call is begun after its job was stopped", when)
        .noneMatch(effect -> stops.stream().anyMatch(stop -> isBegunAfter(stop, effect)));
    assertThat(errand.store().busy()).as(when).isFalse();
    assertThat(of(events, Entry.Kind.JOB_REVIVED)).as(when).isZero();
  }

  private static boolean isBegunAfter(Entry stop, JobEffect effect) {
    return effect.key().job().isWithin(stop.job()) && effect.since().isAfter(stop.time());
  }

  private static Map<JobId, Integer> each(List<JobId> jobs) {
    var once = new HashMap<JobId, Integer>();
    jobs.forEach(job -> once.put(job, 1));
    return once;
  }

  private static long of(List<Entry> events, Entry.Kind kind) {
    return events.stream().filter(entry -> entry.kind() == kind).count();
  }
}
