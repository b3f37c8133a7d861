package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Entry;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.Retry;
import dev.errand.job.StoreException;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A tree that is cancelled in the middle of its work, with the process crashed at each of its
/// commits in turn, just before it and just after it.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CrashWhileStoppingTest {
  private static final int CHILDREN = 4;
  private static final String KEY = "the one";

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_cancelled_tree_ends_and_stays_so(boolean after) throws Exception {
    long boundaries = 1;
    for (long at = 1; at <= boundaries; at++) {
      boundaries = Math.max(boundaries, crashOnceAndResume(at, after));
    }
    assertThat(boundaries).isGreaterThan(CHILDREN);
  }

  private long crashOnceAndResume(long crashAt, boolean after) throws Exception {
    var clock = ManualClock.create();
    var store = new MemoryStore(clock);
    var first = CrashInjector.failing(store, crashAt, after);
    advance(first, clock);
    first.awaitSilence();
    clock.advance(Duration.ofMinutes(2));
    advance(CrashInjector.failing(store, 0, false), clock);
    check(store, "crash " + (after ? "after" : "before") + " write " + crashAt);
    return first.crashed() ? crashAt + 1 : 0;
  }

  private static void advance(CrashInjector injector, ManualClock clock) throws Exception {
    try (var errand = Errand.builder().store(injector.store()).clock(clock).open()) {
      var stop = ToolFunction.of("stop", "", List.of(), call -> errand.job(KEY).cancel("enough"));
      errand.register(
          Agent.named("child").program(CrashWhileStoppingTest::work).tools(stop).build());
      var root = Agent.named("root").program(CrashWhileStoppingTest::delegate).build();
      var job = errand.submit(root, spec -> spec.key(KEY));
      errand.worker().lease(Duration.ofMinutes(1)).poll(Duration.ofMillis(5)).start();
      while (job.outcome().isEmpty() || job.count().done() < job.count().jobs()) {
        errand.awaitChange(Duration.ofMillis(20));
      }
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
    }
  }

  private static Object delegate(JobScope scope) {
    var handlers = new ArrayList<SubTaskHandler>();
    for (int n = 0; n < CHILDREN; n++) {
      handlers.add(scope.start(SubTaskSpec.of("child").var("n", n)));
    }
    scope.awaitAll(handlers);
    return handlers.size();
  }

  private static Object work(JobScope scope) {
    int n = scope.var("n", Integer.class);
    if (n == CHILDREN - 1) {
      scope.call("stop", Json.Object.EMPTY);
    } else if (n > 0) {
      scope.start(SubTaskSpec.of("child").var("n", 0).retry(Retry.attempts(CHILDREN))).await();
    }
    scope.sleep(Duration.ofHours(1));
    return n;
  }

  private static void check(MemoryStore store, String when) {
    var jobs = store.jobs("", "", 1000);
    assertThat(jobs)
        .as(when)
        .extracting(JobRecord::outcome)
        .hasOnlyElementsOfType(Outcome.Cancelled.class);
    var events = store.events(jobs.getFirst().id().root(), 0, 1000);
    for (var job : jobs) {
      assertThat(of(events, job, Entry.Kind.JOB_ENDED)).as(when).hasSize(1);
      long spawned = of(events, job, Entry.Kind.SUBTASK_SPAWNED).count();
      assertThat(of(events, job, Entry.Kind.SUBTASK_CANCELLED).count()).as(when).isEqualTo(spawned);
    }
    var stopping =
        events.stream().dropWhile(entry -> entry.kind() != Entry.Kind.JOB_STOPPING).toList();
    assertThat(stopping)
        .as(when)
        .extracting(Entry::kind)
        .isNotEmpty()
        .doesNotContain(Entry.Kind.SUBTASK_SPAWNED, Entry.Kind.JOB_REVIVED);
    assertThat(store.busy()).as(when).isFalse();
  }

  private static Stream<Entry> of(List<Entry> events, JobRecord job, Entry.Kind kind) {
    return events.stream().filter(entry -> entry.job().equals(job.id()) && entry.kind() == kind);
  }
}
