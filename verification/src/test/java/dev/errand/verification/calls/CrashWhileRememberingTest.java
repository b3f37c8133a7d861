package dev.errand.verification.calls;

import static dev.errand.verification.calls.Talk.call;
import static dev.errand.verification.calls.Talk.calls;
import static dev.errand.verification.calls.Talk.isSubTask;
import static dev.errand.verification.calls.Talk.says;
import static dev.errand.verification.calls.Talk.subTask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.Memory;
import dev.errand.agent.Model;
import dev.errand.agent.Tool;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Card;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.Note;
import dev.errand.job.Outcome;
import dev.errand.job.StoreException;
import dev.errand.job.Value;
import dev.errand.spi.Store;
import dev.errand.spi.StoreProvider;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A model that remembers, and a subtask that is shown what is remembered, with the process crashed
/// at each of its writes in turn, just before it and just after it: each card is written once, and
/// what a model is shown for a turn is the same however often it is asked.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CrashWhileRememberingTest {
  private static final String KEY = "the one";
  private static final String TEAM = "team";
  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir Path folder;
  private int files;

  /// What each job was shown before its first reply, by life or not.
  private final Map<String, Set<String>> shown = new ConcurrentHashMap<>();

  @ParameterizedTest
  @CsvSource({
    "false, 64, false",
    "true, 64, false",
    "true, 0, false",
    "false, 0, true",
    "true, 64, true"
  })
  void each_card_is_written_once_and_nothing_is_recalled_twice(
      boolean after, int warmJobs, boolean onDisk) throws Exception {
    long boundaries = 1;
    for (long at = 1; at <= boundaries; at++) {
      shown.clear();
      boundaries = Math.max(boundaries, crashOnceAndResume(at, after, warmJobs, onDisk));
    }
    assertThat(boundaries).isGreaterThan(12);
  }

  private Store open(ManualClock clock, boolean onDisk) {
    return onDisk
        ? ServiceLoader.load(StoreProvider.class)
            .findFirst()
            .orElseThrow()
            .open(folder.resolve("jobs" + files++ + ".db"), clock)
        : new MemoryStore(clock);
  }

  private long crashOnceAndResume(long crashAt, boolean after, int warmJobs, boolean onDisk)
      throws Exception {
    var clock = ManualClock.create();
    try (var store = open(clock, onDisk)) {
      return crashOnceAndResume(store, clock, crashAt, after, warmJobs);
    }
  }

  private long crashOnceAndResume(
      Store store, ManualClock clock, long crashAt, boolean after, int warmJobs) throws Exception {
    store.remember(TEAM, "known", fact("The gateway is red."), null);
    var first = CrashInjector.failing(store, crashAt, after);
    advance(first, clock, warmJobs);
    first.awaitSilence();
    // A better match: whoever looked again for a turn that has looked already would show it.
    store.remember(TEAM, "since", fact("gateway gateway, what is the gateway"), null);
    clock.advance(HOUR.multipliedBy(2));
    advance(CrashInjector.failing(store, 0, false), clock, warmJobs);
    check(store, "crash " + (after ? "after" : "before") + " write " + crashAt);
    return first.crashed() ? crashAt + 1 : 0;
  }

  private static Note fact(String text) {
    return Note.of(Note.Type.FACT, text);
  }

  /// Writes two cards in one call.
  static final class Pair {
    @Tool("Writes two cards.")
    String pair(Memory memory) {
      memory.remember(fact("One of a pair."));
      return memory.remember(fact("Another of a pair.")).id();
    }
  }

  private void advance(CrashInjector injector, ManualClock clock, int warmJobs) throws Exception {
    try (var errand = Errand.builder().store(injector.store()).clock(clock).open()) {
      var agent =
          Agent.named("researcher")
              .model(this::reply)
              .memory(TEAM)
              .tools(ToolFunction.SUB_TASK, ToolFunction.REMEMBER)
              .tools(new Pair())
              .build();
      errand.subTasks(rules -> rules.timeout(Duration.ofDays(30)));
      var job = errand.submit(agent, spec -> spec.key(KEY).message("What is the gateway?"));
      errand.worker().warmJobs(warmJobs).lease(HOUR).poll(Duration.ofMillis(5)).start();
      while (job.outcome().isEmpty()) {
        errand.awaitChange(Duration.ofMillis(5));
      }
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
    }
  }

  private Model.Reply reply(Model.Request request) {
    var who = isSubTask(request) ? "child" : "root";
    shown
        .computeIfAbsent(who + " " + request.replies(), key -> ConcurrentHashMap.newKeySet())
        .add(Talk.first(request));
    if (isSubTask(request)) {
      return says("Red.");
    }
    return switch (request.replies()) {
      case 0 ->
          calls(
              call("Remember", Json.object("text", "First thing.")),
              call("Remember", Json.object("text", "Second thing.")),
              call("pair", Json.Object.EMPTY));
      case 1 ->
          calls(
              subTask("Gateway", "What is the gateway?"),
              call("Remember", Json.object("text", "Third thing.")));
      default -> says("Done.");
    };
  }

  private void check(Store store, String when) {
    var root = store.findByKey(KEY).orElseThrow();
    assertThat(root.outcome()).as(when).isEqualTo(new Outcome.Succeeded(Value.of("Done.")));
    assertThat(store.cards(TEAM, "", 100))
        .as(when)
        .extracting(card -> card.note().text())
        .containsExactlyInAnyOrder(
            "The gateway is red.",
            "gateway gateway, what is the gateway",
            "First thing.",
            "Second thing.",
            "Third thing.",
            "One of a pair.",
            "Another of a pair.");
    var recalled =
        store.events(root.id(), 0, 10_000).stream()
            .filter(entry -> entry.kind() == Entry.Kind.RECALLED)
            .toList();
    assertThat(recalled)
        .as(when)
        .extracting(Entry::job)
        .containsExactlyInAnyOrder(root.id(), root.id().child(1));
    assertThat(shown).as(when).allSatisfy((turn, texts) -> assertThat(texts).hasSize(1));
    // What the root recalled is counted once; what its subtask did is not.
    var known = store.card(TEAM, "known").map(Card::accesses).orElseThrow();
    assertThat(known).as(when).isEqualTo(1);
  }
}
