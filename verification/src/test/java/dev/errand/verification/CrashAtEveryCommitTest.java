package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.job.EffectPolicy;
import dev.errand.job.StoreException;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One fan-out with tools, crashed at each of its commits in turn, just before it and just after
/// it; or the store fails the worker from there on, for a while.
///
/// Java programs on the in-memory store, so that every boundary can be tried, several rounds over
/// for the sake of interleavings (`-Derrand.rounds=100` for many more); the kill tests do the same
/// to real processes on real files.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CrashAtEveryCommitTest {
  private static final Duration LEASE = Duration.ofMinutes(1);

  /// What becomes of the worker.
  enum Fate {
    IS_GONE,
    GOES_ON
  }

  @ParameterizedTest
  @CsvSource({"IS_GONE, false", "IS_GONE, true", "GOES_ON, false", "GOES_ON, true"})
  void nothing_is_lost_and_nothing_is_done_twice(Fate worker, boolean after) throws Exception {
    for (int round = 0; round < Integer.getInteger("errand.rounds", 3); round++) {
      long at = 1;
      while (crashOnceAndGoOn(at, after, worker)) {
        at++;
      }
      assertThat(at).isGreaterThan(2 * FanOut.CHILDREN);
    }
  }

  /// Whether it came to the crash.
  private static boolean crashOnceAndGoOn(long crashAt, boolean after, Fate worker)
      throws Exception {
    var fanOut = new FanOut(EffectPolicy.IDEMPOTENT);
    var clock = ManualClock.create();
    var store = new MemoryStore(clock);
    var injector = CrashInjector.failing(store, crashAt, after);
    boolean hasCrashed;
    try (var errand = work(fanOut, injector, clock)) {
      hasCrashed = !awaitEnd(errand, fanOut);
      if (hasCrashed && worker == Fate.GOES_ON) {
        letLeasesRunOut(injector, clock);
        injector.mend();
        while (!awaitEnd(errand, fanOut)) {
          Thread.onSpinWait(); // the worker has not found yet that the store can be used again
        }
      }
    }
    if (hasCrashed && worker == Fate.IS_GONE) {
      letLeasesRunOut(injector, clock);
      try (var errand = work(fanOut, CrashInjector.failing(store, 0, false), clock)) {
        assertThat(awaitEnd(errand, fanOut)).isTrue();
      }
    }
    fanOut.check(store, "crash %s write %d".formatted(after ? "after" : "before", crashAt));
    return hasCrashed;
  }

  private static Errand work(FanOut fanOut, CrashInjector injector, ManualClock clock) {
    var errand = Errand.builder().store(injector.store()).clock(clock).open();
    fanOut.register(errand);
    errand.register(parent(fanOut));
    errand.worker().concurrency(3).lease(LEASE).poll(Duration.ofMillis(5)).start();
    return errand;
  }

  private static Agent parent(FanOut fanOut) {
    return fanOut.parent().program(FanOut::delegate).build();
  }

  private static void letLeasesRunOut(CrashInjector injector, ManualClock clock)
      throws InterruptedException {
    injector.awaitSilence();
    clock.advance(LEASE.multipliedBy(2));
  }

  /// Whether it has ended; false if the store failed before.
  private static boolean awaitEnd(Errand errand, FanOut fanOut) throws InterruptedException {
    try {
      var job = errand.submit(parent(fanOut), spec -> spec.key(FanOut.KEY));
      while (job.outcome().isEmpty()) {
        errand.awaitChange(Duration.ofMillis(100));
      }
      return true;
    } catch (StoreException failed) {
      assertThat(failed).hasMessageContaining("crashed by the test");
      return false;
    }
  }
}
