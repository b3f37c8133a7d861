package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.StoreException;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// One fan-out with tools, crashed at each of its commits in turn, just before it and just after
/// it.
///
/// Java programs on the in-memory store, so that every boundary can be tried, several rounds over
/// for the sake of interleavings (`-Derrand.rounds=100` for many more); the kill tests do the same
/// to real processes on real files.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CrashAtEveryCommitTest {
  private static final int CHILDREN = 5;

  /// What the outside saw: calls by effect key.
  private final Map<String, List<String>> effects = new ConcurrentHashMap<>();

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothing_is_lost_and_nothing_is_done_twice(boolean after) throws Exception {
    for (int round = 0; round < Integer.getInteger("errand.rounds", 3); round++) {
      long boundaries = 1;
      for (long at = 1; at <= boundaries; at++) {
        effects.clear();
        boundaries = Math.max(boundaries, crashOnceAndResume(at, after));
      }
      assertThat(boundaries).isGreaterThan(2 * CHILDREN);
    }
  }

  /// @return how many writes the undisturbed part made, so that the caller knows when every
  ///   boundary was tried
  private long crashOnceAndResume(long crashAt, boolean after) throws Exception {
    var clock = ManualClock.create();
    var store = new MemoryStore(clock);
    var first = CrashInjector.failing(store, crashAt, after);
    var id = advance(first, clock);
    first.awaitSilence();
    clock.advance(Duration.ofMinutes(2));
    var second = CrashInjector.failing(store, 0, false);
    var again = advance(second, clock);
    if (id != null) {
      assertThat(again).isEqualTo(id);
    }
    check(
        store,
        Objects.requireNonNull(again),
        "crash " + (after ? "after" : "before") + " write " + crashAt);
    return first.crashed() ? crashAt + 1 : 0;
  }

  private @Nullable JobId advance(CrashInjector injector, ManualClock clock)
      throws InterruptedException {
    try (var errand = Errand.builder().store(injector.store()).clock(clock).open()) {
      errand.register(Agent.named("worker").program(this::work).tools(tool()).build());
      var root = Agent.named("root").program(this::delegate).tools(tool()).build();
      var job = errand.submit(root, spec -> spec.key("the one"));
      errand
          .worker()
          .concurrency(3)
          .lease(Duration.ofMinutes(1))
          .poll(Duration.ofMillis(5))
          .start();
      while (job.outcome().isEmpty()) {
        errand.awaitChange(Duration.ofMillis(100));
      }
      return job.id();
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
      return null;
    }
  }

  private Object delegate(JobScope scope) {
    scope.print("start");
    var handlers = new ArrayList<SubTaskHandler>();
    for (int n = 0; n < CHILDREN; n++) {
      handlers.add(scope.start(SubTaskSpec.of("worker").id("n" + n).var("n", n)));
    }
    scope.call("note", Json.object("text", "delegated"));
    int sum = 0;
    for (var handler : handlers) {
      sum += handler.await().result(Integer.class);
      scope.print("sum " + sum);
    }
    return sum;
  }

  private Object work(JobScope scope) {
    int n = scope.var("n", Integer.class);
    scope.call("note", Json.object("text", "begin " + n));
    scope.print("child " + n);
    scope.call("note", Json.object("text", "end " + n));
    return n * n;
  }

  private ToolFunction tool() {
    return ToolFunction.of(
        "note",
        "",
        List.of("text"),
        call -> {
          effects.computeIfAbsent(call.key(), key -> new ArrayList<>()).add(call.text("text"));
          return null;
        });
  }

  private void check(MemoryStore store, JobId root, String when) {
    var events = store.events(root, 0, 10_000);
    var byKind = events.stream().collect(Collectors.groupingBy(Entry::kind, Collectors.counting()));
    assertThat(byKind.get(Entry.Kind.SUBTASK_SPAWNED)).as(when).isEqualTo(CHILDREN);
    assertThat(byKind.get(Entry.Kind.SUBTASK_COMPLETED)).as(when).isEqualTo(CHILDREN);
    assertThat(byKind.get(Entry.Kind.JOB_ENDED)).as(when).isEqualTo(CHILDREN + 1);
    assertThat(console(store, root))
        .as(when)
        .isEqualTo("start\nsum 0\nsum 1\nsum 5\nsum 14\nsum 30\n");
    for (int n = 0; n < CHILDREN; n++) {
      assertThat(console(store, root.child(n + 1))).as(when).isEqualTo("child " + n + "\n");
    }
    // A worker of the round before, crashed with a call under way, may come to make it only now.
    effects.keySet().removeIf(key -> !key.startsWith(root.text()));
    assertThat(effects).as(when).hasSize(2 * CHILDREN + 1);
    // An idempotent tool may be called again under the same key, with the same words, if its
    // outcome was not committed.
    assertThat(effects.values()).as(when).allMatch(calls -> calls.stream().distinct().count() == 1);
    for (int i = 0; i < events.size(); i++) {
      assertThat(events.get(i).sequence()).as(when).isEqualTo(i + 1);
    }
  }

  private static String console(MemoryStore store, JobId job) {
    return store.history(job, 0, 1000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.CONSOLE)
        .map(entry -> entry.data().text("text").orElseThrow())
        .collect(Collectors.joining());
  }
}
