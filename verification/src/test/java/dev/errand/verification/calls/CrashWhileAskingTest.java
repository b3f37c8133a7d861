package dev.errand.verification.calls;

import static dev.errand.verification.calls.Talk.call;
import static dev.errand.verification.calls.Talk.calls;
import static dev.errand.verification.calls.Talk.isSubTask;
import static dev.errand.verification.calls.Talk.says;
import static dev.errand.verification.calls.Talk.subTask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.StoreException;
import dev.errand.job.Subtask;
import dev.errand.job.Value;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Calls that a person allows and denies, of a model, of its subtask and of its code, with the
/// process crashed at each commit in turn, just before it and just after it, the commits of the
/// answers included; with processes of jobs that wait kept and given up.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CrashWhileAskingTest {
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();
  private static final String KEY = "the one";
  private static final Duration HOUR = Duration.ofHours(1);
  private static final String CODE =
      """
      ```python
      try:
          said = [pay(what="ann")]
      except EffectUnknown as nobody_knows:
          said = [str(nobody_knows)]
      try:
          pay(what="bob")
      except PermissionError:
          said.append("denied")
      child = delegate(lambda: 20)
      said.append(look(what=note(what="ann")))
      for who in ("dan", "eve"):
          glance(what=who)
          said.append(look(what=who))
      print(said, child.result)
      ```
      """;

  /// How often the outside was called, by effect key and argument.
  private final Map<String, Integer> effects = new ConcurrentHashMap<>();

  @AfterAll
  static void closePython() {
    PYTHON.close();
  }

  @ParameterizedTest
  @CsvSource({"false, KEPT", "true, KEPT", "false, DROPPED", "true, DROPPED"})
  void what_is_allowed_is_done_once_and_what_is_denied_never(boolean after, Waiting waiting)
      throws Exception {
    long boundaries = 1;
    for (long at = 1; at <= boundaries; at++) {
      effects.clear();
      boundaries = Math.max(boundaries, crashOnceAndResume(at, after, waiting));
    }
    assertThat(boundaries).isGreaterThan(20);
  }

  private long crashOnceAndResume(long crashAt, boolean after, Waiting waiting) throws Exception {
    var clock = ManualClock.create();
    var store = new MemoryStore(clock);
    var first = CrashInjector.failing(store, crashAt, after);
    advance(first, clock, waiting);
    first.awaitSilence();
    clock.advance(HOUR.multipliedBy(2));
    advance(CrashInjector.failing(store, 0, false), clock, waiting);
    check(store, "crash " + (after ? "after" : "before") + " write " + crashAt);
    return first.crashed() ? crashAt + 1 : 0;
  }

  private void advance(CrashInjector injector, ManualClock clock, Waiting waiting)
      throws Exception {
    try (var errand =
        Errand.builder()
            .store(injector.store())
            .clock(clock)
            .runtime(waiting.over(PYTHON))
            .open()) {
      var agent =
          Agent.named("clerk")
              .model(this::reply)
              .tools(
                  ToolFunction.SUB_TASK,
                  tool("pay", EffectPolicy.AT_MOST_ONCE),
                  tool("note", EffectPolicy.IDEMPOTENT),
                  tool("look", EffectPolicy.READ_ONLY),
                  tool("glance", EffectPolicy.READ_ONLY))
              .permissions(all -> all.ask("pay", "look", "SubTask").deny("note(forbidden)"))
              .build();
      errand.subTasks(rules -> rules.timeout(Duration.ofDays(30)));
      var job = errand.submit(agent, spec -> spec.key(KEY).message("Go."));
      errand.worker().warmJobs(waiting.warmJobs()).lease(HOUR).poll(Duration.ofMillis(5)).start();
      while (job.outcome().isEmpty()) {
        answer(errand, job);
        errand.awaitChange(Duration.ofMillis(5));
      }
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
    }
  }

  /// Ann decides the same each time; whoever is told "answered already" was answered by herself.
  private static void answer(Errand errand, Job job) {
    for (var question : job.approvals()) {
      try {
        if (question.arguments().text("what").orElse("").equals("bob")) {
          errand.deny(question.id(), "ann", "");
        } else {
          errand.allow(question.id(), "ann");
        }
      } catch (SignalRefusedException before) {
        assertThat(before).hasMessageContaining("has ended already");
      }
    }
  }

  private Model.Reply reply(Model.Request request) {
    if (isSubTask(request)) {
      return Talk.nth(
          request, calls(call("pay", what("cid"))), says("paid " + Talk.texts(request)));
    }
    return switch (request.replies()) {
      case 0 ->
          calls(
              subTask("a", "x"),
              call("pay", what("ann")),
              call("note", what("forbidden")),
              call("pay", what("bob")),
              call("look", what("ann")));
      case 1 -> says(CODE);
      default -> says("Done.");
    };
  }

  private static Json.Object what(String what) {
    return Json.object("what", what);
  }

  private ToolFunction tool(String name, EffectPolicy policy) {
    return ToolFunction.of(
            name,
            "",
            List.of("what"),
            call -> {
              effects.merge(name + " " + call.text("what") + " " + call.key(), 1, Integer::sum);
              return name + " done";
            })
        .policy(policy);
  }

  private void check(MemoryStore store, String when) {
    var root = store.findByKey(KEY).orElseThrow();
    assertThat(root.outcome()).as(when).isEqualTo(new Outcome.Succeeded(Value.of("Done.")));
    var events = store.events(root.id(), 0, 10_000);
    // Of each question there is one, with one answer.
    var questions =
        store.jobs("", "", 1000).stream()
            .filter(job -> job.subtask() != null && job.subtask().isApproval())
            .toList();
    assertThat(questions)
        .as(when)
        .extracting(question -> question.id().text().substring(root.id().text().length()))
        .containsExactlyInAnyOrder(".1", ".2.1", ".3", ".4", ".5", ".6", ".7", ".9", ".10", ".11");
    assertThat(questions)
        .as(when)
        .allSatisfy(
            question -> assertThat(question.outcome()).isInstanceOf(Outcome.Succeeded.class));
    var spawned = events.stream().filter(one -> one.kind() == Entry.Kind.SUBTASK_SPAWNED).toList();
    assertThat(spawned).as(when).hasSize(12);
    assertThat(spawned)
        .as(when)
        .filteredOn(one -> Subtask.approves(one.data().get("id").orElse(null)).isPresent())
        .hasSize(10);
    assertThat(events)
        .as(when)
        .noneMatch(
            one -> one.kind() == Entry.Kind.NOTIFICATION || one.kind() == Entry.Kind.JOB_REVIVED);
    effects.keySet().removeIf(key -> !key.contains(" " + root.id().text()));
    assertThat(effects.keySet())
        .as(when)
        .noneMatch(key -> key.contains(" bob ") || key.contains("forbidden"));
    boolean isUnknown = events.stream().anyMatch(one -> one.kind() == Entry.Kind.EFFECT_UNKNOWN);
    assertThat(effects.entrySet())
        .as(when)
        .filteredOn(effect -> effect.getKey().startsWith("pay"))
        .hasSizeBetween(isUnknown ? 2 : 3, 3)
        .allMatch(effect -> effect.getValue() == 1);
    assertThat(effects.keySet()).as(when).filteredOn(key -> key.startsWith("note")).hasSize(1);
    assertThat(effects.keySet()).as(when).filteredOn(key -> key.startsWith("look")).hasSize(4);
  }
}
