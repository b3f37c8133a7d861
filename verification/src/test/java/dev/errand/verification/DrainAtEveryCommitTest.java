package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.python.CPythonRuntime;
import dev.errand.spi.Store;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.AtWrite;
import dev.errand.verification.programs.Draining;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One fan-out with tools whose worker is drained at each of its commits in turn, just before it
/// and just after it. Time stands still: the next worker could wait for no lease.
@Timeout(value = 8, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DrainAtEveryCommitTest {
  private static final int CHILDREN = 4;
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();
  private static final String DELEGATE =
      """
      print("start")
      def work(n):
          note(text="begin %d" % n)
          print("child", n)
          look(text="look %d" % n)
          note(text="end %d" % n)
          return n * n
      tasks = [delegate(work, n, id="n%d" % n) for n in range(4)]
      note(text="delegated")
      sum = 0
      for task in tasks:
          sum += task.result
          print("sum", sum)
      exit(sum)
      """;

  private final Map<String, List<String>> effects = new ConcurrentHashMap<>();

  @AfterAll
  static void closeRuntime() {
    PYTHON.close();
  }

  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void the_next_worker_goes_on_at_once_and_each_effect_is_made_once(boolean python, boolean after)
      throws Exception {
    int at = 1;
    while (drainOnceAndGoOn(python, at, after)) {
      at++;
    }
    assertThat(at).isGreaterThan(2 * CHILDREN);
  }

  /// Whether it came to the drain.
  private boolean drainOnceAndGoOn(boolean python, int at, boolean after) throws Exception {
    effects.clear();
    var clock = ManualClock.create();
    var store = new MemoryStore(clock);
    var draining = new Draining();
    advance(python, AtWrite.of(store, at, after, draining::begin), clock, draining);
    if (draining.isBegun()) {
      advance(python, AtWrite.of(store, 0, false, () -> {}), clock, new Draining());
    }
    check(store, "drained " + (after ? "after" : "before") + " write " + at);
    return draining.isBegun();
  }

  private void advance(boolean python, Store store, ManualClock clock, Draining draining)
      throws InterruptedException {
    try (var errand =
        Errand.builder().store(store).clock(clock).runtime(Waiting.KEPT.over(PYTHON)).open()) {
      draining.of(errand);
      errand.register(Agent.named("worker").program(this::work).tools(tools()).build());
      var root = Agent.named("root").tools(tools());
      var job =
          python
              ? errand.submit(root.build(), spec -> spec.key("the one").code(DELEGATE))
              : errand.submit(root.program(this::delegate).build(), spec -> spec.key("the one"));
      if (draining.isBegun()) {
        assertThat(draining.await()).isEmpty();
        return;
      }
      errand.worker().concurrency(3).lease(Duration.ofHours(1)).poll(Duration.ofMillis(5)).start();
      while (job.outcome().isEmpty() && !draining.isBegun()) {
        errand.awaitChange(Duration.ofMillis(100));
      }
      if (draining.isBegun()) {
        assertThat(draining.await()).isEmpty();
      }
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
    scope.call("look", Json.object("text", "look " + n));
    scope.call("note", Json.object("text", "end " + n));
    return n * n;
  }

  private ToolFunction[] tools() {
    return new ToolFunction[] {
      ToolFunction.of(
              "note",
              "",
              List.of("text"),
              call ->
                  effects
                      .computeIfAbsent(call.key(), key -> new ArrayList<>())
                      .add(call.text("text")))
          .policy(EffectPolicy.AT_MOST_ONCE),
      ToolFunction.of("look", "", List.of("text"), call -> null).policy(EffectPolicy.READ_ONLY)
    };
  }

  private void check(MemoryStore store, String when) {
    var root = store.findByKey("the one").orElseThrow();
    assertThat(root.outcome()).as(when).isInstanceOf(Outcome.Succeeded.class);
    var events = store.events(root.id(), 0, 10_000);
    var byKind = events.stream().collect(Collectors.groupingBy(Entry::kind, Collectors.counting()));
    assertThat(byKind.get(Entry.Kind.SUBTASK_SPAWNED)).as(when).isEqualTo(CHILDREN);
    assertThat(byKind.get(Entry.Kind.SUBTASK_COMPLETED)).as(when).isEqualTo(CHILDREN);
    assertThat(byKind.get(Entry.Kind.JOB_ENDED)).as(when).isEqualTo(CHILDREN + 1);
    var console =
        store.history(root.id(), 0, 1000).stream()
            .filter(entry -> entry.kind() == Entry.Kind.CONSOLE)
            .map(entry -> entry.data().text("text").orElseThrow())
            .collect(Collectors.joining());
    assertThat(console).as(when).isEqualTo("start\nsum 0\nsum 1\nsum 5\nsum 14\n");
    assertThat(effects).as(when).hasSize(2 * CHILDREN + 1);
    assertThat(effects.values()).as(when).allMatch(calls -> calls.size() == 1);
  }
}
