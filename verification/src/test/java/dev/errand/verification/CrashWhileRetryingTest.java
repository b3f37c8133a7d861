package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.Retry;
import dev.errand.job.StoreException;
import dev.errand.job.Value;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Work that succeeds at its third attempt, with the process crashed at each of its commits in
/// turn, just before it and just after it; waiting threads kept, or every one given up.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CrashWhileRetryingTest {
  private static final int ATTEMPTS = 3;
  private static final String KEY = "the one";
  private static final Duration HOUR = Duration.ofHours(1);

  /// What the outside saw: what was said in calls, by effect key.
  private final Map<String, Set<String>> effects = new ConcurrentHashMap<>();

  @ParameterizedTest
  @CsvSource({"false, 64", "true, 64", "true, 0"})
  void each_attempt_is_made_once_and_the_parent_hears_once(boolean after, int warmJobs)
      throws Exception {
    long boundaries = 1;
    for (long at = 1; at <= boundaries; at++) {
      effects.clear();
      boundaries = Math.max(boundaries, crashOnceAndResume(at, after, warmJobs));
    }
    assertThat(boundaries).isGreaterThan(3 * ATTEMPTS);
  }

  private long crashOnceAndResume(long crashAt, boolean after, int warmJobs) throws Exception {
    var clock = ManualClock.create();
    var store = new MemoryStore(clock);
    var first = CrashInjector.failing(store, crashAt, after);
    advance(first, clock, warmJobs);
    first.awaitSilence();
    clock.advance(HOUR.multipliedBy(2));
    advance(CrashInjector.failing(store, 0, false), clock, warmJobs);
    check(store, "crash " + (after ? "after" : "before") + " write " + crashAt);
    return first.crashed() ? crashAt + 1 : 0;
  }

  private void advance(CrashInjector injector, ManualClock clock, int warmJobs) throws Exception {
    try (var errand = Errand.builder().store(injector.store()).clock(clock).open()) {
      errand.register(
          Agent.named("worker").program(CrashWhileRetryingTest::work).tools(note()).build());
      var root = Agent.named("root").program(CrashWhileRetryingTest::delegate).build();
      var job = errand.submit(root, spec -> spec.key(KEY));
      errand.worker().warmJobs(warmJobs).lease(HOUR).poll(Duration.ofMillis(5)).start();
      while (job.outcome().isEmpty()) {
        errand.awaitChange(Duration.ofMillis(5));
        clock.advance(Duration.ofMillis(500));
      }
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
    }
  }

  private ToolFunction note() {
    return ToolFunction.of(
        "note",
        "",
        List.of("text"),
        call -> {
          effects
              .computeIfAbsent(call.key(), key -> new ConcurrentSkipListSet<>())
              .add(call.text("text"));
          return null;
        });
  }

  private static Object delegate(JobScope scope) {
    var retry = Retry.attempts(ATTEMPTS + 1).backoff(Duration.ofSeconds(2));
    return scope.start(SubTaskSpec.of("worker").var("n", 7).retry(retry)).await().result();
  }

  private static Object work(JobScope scope) {
    int number = scope.id().ordinal();
    scope.call("note", Json.object("text", "begin " + number));
    scope.print("attempt " + number);
    scope.call("note", Json.object("text", "end " + number));
    if (number < ATTEMPTS) {
      throw new IllegalStateException("no disk");
    }
    return scope.var("n", Integer.class) * number;
  }

  private void check(MemoryStore store, String when) {
    var root = store.findByKey(KEY).orElseThrow();
    assertThat(root.outcome()).as(when).isEqualTo(new Outcome.Succeeded(Value.of(7 * ATTEMPTS)));
    var events = store.events(root.id(), 0, 10_000);
    var kinds = events.stream().collect(Collectors.groupingBy(Entry::kind, Collectors.counting()));
    assertThat(kinds)
        .as(when)
        .containsEntry(Entry.Kind.SUBTASK_SPAWNED, 1L + ATTEMPTS)
        .containsEntry(Entry.Kind.SUBTASK_FAILED, ATTEMPTS - 1L)
        .containsEntry(Entry.Kind.SUBTASK_COMPLETED, 2L)
        .containsEntry(Entry.Kind.CONSOLE, (long) ATTEMPTS)
        .containsEntry(Entry.Kind.JOB_ENDED, 2L + ATTEMPTS)
        .doesNotContainKey(Entry.Kind.JOB_REVIVED);
    assertThat(store.history(root.id().child(1), 0, 1000))
        .as(when)
        .filteredOn(entry -> entry.kind() == Entry.Kind.SUBTASK_COMPLETED)
        .hasSize(1);
    // A worker of the round before, crashed with a call under way, may come to make it only now.
    effects.keySet().removeIf(key -> !key.startsWith(root.id().text()));
    assertThat(effects).as(when).hasSize(2 * ATTEMPTS);
    assertThat(effects.values()).as(when).allMatch(said -> said.size() == 1);
    assertThat(store.busy()).as(when).isFalse();
  }
}
