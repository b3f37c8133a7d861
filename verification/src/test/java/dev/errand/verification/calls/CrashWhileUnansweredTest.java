package dev.errand.verification.calls;

import static dev.errand.verification.calls.Talk.call;
import static dev.errand.verification.calls.Talk.calls;
import static dev.errand.verification.calls.Talk.says;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.StoreException;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Questions that end without an answer: their time is over, a message takes them back, or their
/// job is cancelled. The process is crashed at each commit in turn, just before it and just after
/// it.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CrashWhileUnansweredTest {
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();
  private static final String KEY = "the one";
  private static final String MESSAGE = "Never mind.";
  private static final Duration HOUR = Duration.ofHours(1);
  private static final String CODE =
      """
      ```python
      try:
          pay()
      except PermissionError as error:
          print(error)
      ```
      """;

  /// How a question ends.
  enum End {
    EXPIRED,
    TAKEN_BACK,
    CANCELLED
  }

  private final Set<String> paid = ConcurrentHashMap.newKeySet();

  @AfterAll
  static void closePython() {
    PYTHON.close();
  }

  static Stream<Arguments> ways() {
    return Stream.of(End.values())
        .flatMap(
            end ->
                Stream.of(true, false)
                    .flatMap(
                        inCode ->
                            Stream.of(
                                Arguments.of(end, inCode, true, Waiting.KEPT),
                                Arguments.of(end, inCode, false, Waiting.DROPPED))));
  }

  @ParameterizedTest
  @MethodSource("ways")
  void the_call_is_never_made_and_the_question_is_asked_once_and_ends(
      End end, boolean inCode, boolean after, Waiting waiting) throws Exception {
    long boundaries = 1;
    for (long at = 1; at <= boundaries; at++) {
      boundaries = Math.max(boundaries, crashOnceAndResume(at, end, inCode, after, waiting));
    }
    assertThat(boundaries).isGreaterThan(5);
  }

  private long crashOnceAndResume(
      long crashAt, End end, boolean inCode, boolean after, Waiting waiting) throws Exception {
    var clock = ManualClock.create();
    var store = new MemoryStore(clock);
    var first = CrashInjector.failing(store, crashAt, after);
    advance(first, clock, end, inCode, waiting);
    first.awaitSilence();
    clock.advance(HOUR.multipliedBy(2));
    advance(CrashInjector.failing(store, 0, false), clock, end, inCode, waiting);
    check(store, end, "crash " + (after ? "after" : "before") + " write " + crashAt);
    return first.crashed() ? crashAt + 1 : 0;
  }

  private void advance(
      CrashInjector injector, ManualClock clock, End end, boolean inCode, Waiting waiting)
      throws Exception {
    try (var errand =
        Errand.builder()
            .store(injector.store())
            .clock(clock)
            .runtime(waiting.over(PYTHON))
            .open()) {
      var agent =
          Agent.named("clerk")
              .model(request -> reply(request, inCode))
              .tools(
                  ToolFunction.of("pay", "", List.of(), call -> paid.add(call.key()))
                      .policy(EffectPolicy.IDEMPOTENT))
              .permissions(all -> all.ask("pay").answerWithin(Duration.ofDays(7)))
              .build();
      var job = errand.submit(agent, spec -> spec.key(KEY).message("Go."));
      errand.worker().warmJobs(waiting.warmJobs()).lease(HOUR).poll(Duration.ofMillis(5)).start();
      while (job.outcome().isEmpty()) {
        if (!job.approvals().isEmpty() && job.record().status() == JobStatus.SUSPENDED) {
          bringToAnEnd(job, clock, end);
        }
        errand.awaitChange(Duration.ofMillis(5));
      }
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
    }
  }

  private static void bringToAnEnd(Job job, ManualClock clock, End end) {
    switch (end) {
      case EXPIRED -> clock.advance(Duration.ofDays(8));
      case TAKEN_BACK -> {
        if (Talk.entries(job, Entry.Kind.SIGNAL).stream()
            .noneMatch(entry -> entry.data().text("text").orElse("").equals(MESSAGE))) {
          sayOnce(job);
        }
      }
      case CANCELLED -> job.cancel("enough");
    }
  }

  private static void sayOnce(Job job) {
    try {
      job.say(MESSAGE);
    } catch (SignalRefusedException over) {
      assertThat(job.outcome()).isPresent();
    }
  }

  private static Model.Reply reply(Model.Request request, boolean inCode) {
    return Talk.nth(
        request, inCode ? says(CODE) : calls(call("pay", Json.Object.EMPTY)), says("Done."));
  }

  private void check(MemoryStore store, End end, String when) {
    var root = store.findByKey(KEY).orElseThrow();
    var expected = end == End.CANCELLED ? Outcome.Cancelled.class : Outcome.Succeeded.class;
    assertThat(root.outcome()).as(when).isInstanceOf(expected);
    assertThat(paid).as(when).isEmpty();
    assertThat(store.callbacks(null, null, 10)).as(when).isEmpty();
    var children = store.children(root.id(), 0, 10);
    assertThat(children).as(when).hasSizeLessThanOrEqualTo(1);
    assertThat(children)
        .as(when)
        .allSatisfy(
            question -> {
              assertThat(question.status()).isEqualTo(JobStatus.DONE);
              assertThat(question.outcome()).isNotInstanceOf(Outcome.Succeeded.class);
            });
    var entries = store.history(root.id(), 0, 1000);
    assertThat(entries)
        .as(when)
        .noneMatch(entry -> entry.kind() == Entry.Kind.NOTIFICATION)
        .filteredOn(entry -> entry.kind() == Entry.Kind.MESSAGE)
        .hasSizeLessThanOrEqualTo(2);
  }
}
