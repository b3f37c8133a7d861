package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.SubTask;
import dev.errand.agent.SubTaskSpec;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.StoreException;
import dev.errand.job.Value;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A loop over a subtask factory in Java, crashed at each of its commits in turn, just before it
/// and just after it, with the processes of jobs that wait kept or given up.
///
/// The factory says something else at each call, as one does that looks at a clock: a replay must
/// be told what was said first, or the child that it creates would be another.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CrashInFactoriesTest {
  private static final int CHILDREN = 3;
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();
  private static final String LOOP =
      """
      total = 0
      for n in range(%d):
          total += square(n, id=n).result
      exit(total)
      """
          .formatted(CHILDREN);

  /// The factories; what they say changes from call to call.
  static final class Desk {
    private final AtomicInteger calls = new AtomicInteger();

    @SubTask("Squares a number.")
    SubTaskSpec square(int n) {
      return SubTaskSpec.of("worker")
          .param("call", calls.incrementAndGet())
          .var("n", n)
          .code("complete_sub_task(n * n)");
    }
  }

  private final Desk desk = new Desk();

  @AfterAll
  static void stop() {
    PYTHON.close();
  }

  @ParameterizedTest
  @CsvSource({"false, KEPT", "false, DROPPED", "true, KEPT", "true, DROPPED"})
  void each_call_makes_one_child_however_often_it_is_replayed(boolean after, Waiting waiting)
      throws Exception {
    long boundaries = 1;
    for (long at = 1; at <= boundaries; at++) {
      boundaries = Math.max(boundaries, crashOnceAndResume(at, after, waiting));
    }
    assertThat(boundaries).isGreaterThan(2 * CHILDREN);
  }

  /// @return one more than `crashAt` if the work came to that write, so that the caller knows when
  ///   every boundary was tried
  private long crashOnceAndResume(long crashAt, boolean after, Waiting waiting) throws Exception {
    var clock = ManualClock.create();
    var store = new MemoryStore(clock);
    var first = CrashInjector.failing(store, crashAt, after);
    advance(first, clock, waiting);
    first.awaitSilence();
    clock.advance(Duration.ofMinutes(2));
    var root = advance(CrashInjector.failing(store, 0, false), clock, waiting);
    check(store, Objects.requireNonNull(root), (after ? "after" : "before") + " write " + crashAt);
    return first.crashed() ? crashAt + 1 : 0;
  }

  private @Nullable JobId advance(CrashInjector injector, ManualClock clock, Waiting waiting)
      throws InterruptedException {
    try (var errand =
        Errand.builder()
            .store(injector.store())
            .clock(clock)
            .runtime(waiting.over(PYTHON))
            .open()) {
      errand.register(Agent.named("worker").instructions("{call}").build());
      var boss = Agent.named("boss").subTasks(desk).build();
      var job = errand.submit(boss, spec -> spec.key("the one").code(LOOP));
      errand
          .worker()
          .warmJobs(waiting.warmJobs())
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

  private static void check(MemoryStore store, JobId root, String when) {
    assertThat(store.find(root).orElseThrow().outcome())
        .as(when)
        .isEqualTo(new Outcome.Succeeded(Value.of(5)));
    assertThat(store.children(root, 0, 100))
        .as(when)
        .extracting(JobRecord::subtask)
        .extracting(subtask -> Objects.requireNonNull(subtask).id())
        .containsExactly(new Json.Number(0), new Json.Number(1), new Json.Number(2));
    assertThat(store.events(root, 0, 10_000))
        .as(when)
        .filteredOn(entry -> entry.kind() == Entry.Kind.SUBTASK_SPAWNED)
        .hasSize(CHILDREN);
  }
}
