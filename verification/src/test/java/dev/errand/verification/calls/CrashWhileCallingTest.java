package dev.errand.verification.calls;

import static dev.errand.verification.calls.Talk.call;
import static dev.errand.verification.calls.Talk.calls;
import static dev.errand.verification.calls.Talk.isSubTask;
import static dev.errand.verification.calls.Talk.says;
import static dev.errand.verification.calls.Talk.subTask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.StoreException;
import dev.errand.job.Value;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A model that calls tools and delegates three subtasks in one reply, with the process crashed at
/// each of its commits in turn, just before it and just after it; waiting threads kept, or every
/// one given up (B64 to B69).
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CrashWhileCallingTest {
  private static final String KEY = "the one";
  private static final Duration HOUR = Duration.ofHours(1);

  /// How often the outside was called, by effect key.
  private final Map<String, Integer> effects = new ConcurrentHashMap<>();

  /// How often each reply was asked for, by first message and number.
  private final Map<String, Integer> asked = new ConcurrentHashMap<>();

  private volatile int lives;

  @ParameterizedTest
  @CsvSource({"false, 64, 10", "true, 64, 10", "true, 0, 10", "false, 0, 2"})
  void each_call_is_made_and_each_subtask_answers_once(boolean after, int warmJobs, int atOnce)
      throws Exception {
    long boundaries = 1;
    for (long at = 1; at <= boundaries; at++) {
      effects.clear();
      asked.clear();
      boundaries = Math.max(boundaries, crashOnceAndResume(at, after, warmJobs, atOnce));
    }
    assertThat(boundaries).isGreaterThan(12);
  }

  private long crashOnceAndResume(long crashAt, boolean after, int warmJobs, int atOnce)
      throws Exception {
    var clock = ManualClock.create();
    var store = new MemoryStore(clock);
    var first = CrashInjector.failing(store, crashAt, after);
    lives = 1;
    advance(first, clock, warmJobs, atOnce);
    first.awaitSilence();
    clock.advance(HOUR.multipliedBy(2));
    lives = 2;
    advance(CrashInjector.failing(store, 0, false), clock, warmJobs, atOnce);
    check(store, "crash " + (after ? "after" : "before") + " write " + crashAt);
    return first.crashed() ? crashAt + 1 : 0;
  }

  private void advance(CrashInjector injector, ManualClock clock, int warmJobs, int atOnce)
      throws Exception {
    try (var errand = Errand.builder().store(injector.store()).clock(clock).open()) {
      var agent =
          Agent.named("researcher")
              .model(this::reply)
              .tools(
                  ToolFunction.SUB_TASK,
                  tool("note", EffectPolicy.IDEMPOTENT),
                  tool("pay", EffectPolicy.AT_MOST_ONCE),
                  tool("look", EffectPolicy.READ_ONLY))
              .concurrentTools(atOnce)
              .build();
      errand.subTasks(rules -> rules.timeout(Duration.ofDays(30)));
      var job = errand.submit(agent, spec -> spec.key(KEY).message("Go."));
      errand.worker().warmJobs(warmJobs).lease(HOUR).poll(Duration.ofMillis(5)).start();
      while (job.outcome().isEmpty()) {
        errand.awaitChange(Duration.ofMillis(5));
      }
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
    }
  }

  private Model.Reply reply(Model.Request request) {
    asked.merge(Talk.first(request).strip() + " " + request.replies(), 1, Integer::sum);
    if (isSubTask(request)) {
      return Talk.nth(request, calls(tool("note")), says("found " + Talk.texts(request)));
    }
    return switch (request.replies()) {
      case 0 ->
          calls(
              subTask("a", "x"),
              tool("note"),
              subTask("", "refused"),
              subTask("b", "x"),
              tool("pay"),
              tool("look"),
              subTask("c", "x"));
      case 1 -> calls(tool("note"), subTask("d", "x"));
      default -> says("Done.");
    };
  }

  private static dev.errand.job.ToolCall tool(String name) {
    return call(name, Json.Object.EMPTY);
  }

  private ToolFunction tool(String name, EffectPolicy policy) {
    return ToolFunction.of(
            name,
            "",
            List.of(),
            call -> {
              effects.merge(name + " " + call.key(), 1, Integer::sum);
              return name + " done";
            })
        .policy(policy);
  }

  private void check(MemoryStore store, String when) {
    var root = store.findByKey(KEY).orElseThrow();
    assertThat(root.outcome()).as(when).isEqualTo(new Outcome.Succeeded(Value.of("Done.")));
    var events = store.events(root.id(), 0, 10_000);
    assertThat(events)
        .as(when)
        .extracting(Entry::sequence)
        .isEqualTo(LongStream.rangeClosed(1, events.size()).boxed().toList());
    var kinds = events.stream().collect(Collectors.groupingBy(Entry::kind, Collectors.counting()));
    assertThat(kinds)
        .as(when)
        .containsEntry(Entry.Kind.SUBTASK_SPAWNED, 4L)
        .containsEntry(Entry.Kind.SUBTASK_COMPLETED, 4L)
        .containsEntry(Entry.Kind.JOB_ENDED, 5L)
        .containsEntry(Entry.Kind.REPLY, 3L + 4 * 2)
        .doesNotContainKey(Entry.Kind.NOTIFICATION)
        .doesNotContainKey(Entry.Kind.JOB_REVIVED);
    long answers =
        kinds.getOrDefault(Entry.Kind.TOOL, 0L) + kinds.getOrDefault(Entry.Kind.EFFECT_UNKNOWN, 0L);
    assertThat(answers).as(when).isEqualTo(9 + 4);
    // A worker of the round before, crashed with a call under way, may come to make it only now.
    effects.keySet().removeIf(key -> !key.contains(" " + root.id().text()));
    // A payment of which nobody knows whether it was made may not have been.
    boolean isUnknown = kinds.containsKey(Entry.Kind.EFFECT_UNKNOWN);
    assertThat(effects.keySet()).as(when).hasSizeBetween(isUnknown ? 7 : 8, 8);
    assertThat(effects.values()).as(when).allMatch(times -> times <= lives);
    assertThat(effects.entrySet())
        .as(when)
        .filteredOn(effect -> effect.getKey().startsWith("pay"))
        .hasSizeLessThanOrEqualTo(1)
        .allMatch(effect -> effect.getValue() == 1);
    // At most one reply of each job can have been under way when the process died.
    assertThat(asked.values()).as(when).allMatch(times -> times <= lives);
  }
}
