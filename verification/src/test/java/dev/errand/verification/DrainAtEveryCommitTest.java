package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.EffectPolicy;
import dev.errand.python.CPythonRuntime;
import dev.errand.spi.Store;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.AtWrite;
import dev.errand.verification.programs.Draining;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One fan-out with tools whose worker is drained at each of its commits in turn, just before it
/// and just after it. Time stands still: the next worker could wait for no lease.
@Timeout(value = 8, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DrainAtEveryCommitTest {
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();

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
    assertThat(at).isGreaterThan(2 * FanOut.CHILDREN);
  }

  /// Whether it came to the drain.
  private static boolean drainOnceAndGoOn(boolean python, int at, boolean after) throws Exception {
    var fanOut = new FanOut(EffectPolicy.AT_MOST_ONCE);
    var clock = ManualClock.create();
    var store = new MemoryStore(clock);
    var draining = new Draining();
    advance(fanOut, python, AtWrite.of(store, at, after, draining::begin), clock, draining);
    if (draining.isBegun()) {
      advance(fanOut, python, AtWrite.of(store, 0, false, () -> {}), clock, new Draining());
    }
    fanOut.check(store, "drained " + (after ? "after" : "before") + " write " + at);
    return draining.isBegun();
  }

  private static void advance(
      FanOut fanOut, boolean python, Store store, ManualClock clock, Draining draining)
      throws InterruptedException {
    try (var errand =
        Errand.builder().store(store).clock(clock).runtime(Waiting.KEPT.over(PYTHON)).open()) {
      draining.of(errand);
      fanOut.register(errand);
      var job = submit(errand, fanOut, python);
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

  private static Job submit(Errand errand, FanOut fanOut, boolean python) {
    return python
        ? errand.submit(
            fanOut.parent().build(), spec -> spec.key(FanOut.KEY).code(FanOut.IN_PYTHON))
        : errand.submit(
            fanOut.parent().program(FanOut::delegate).build(), spec -> spec.key(FanOut.KEY));
  }
}
