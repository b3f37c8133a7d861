package dev.errand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.JobId;
import java.util.ArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ObjectLocksTest {
  private static final int JOBS = 20;
  private static final int TURNS = 2000;

  private final ObjectLocks locks = new ObjectLocks();
  private final AtomicInteger within = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();

  @Test
  void an_object_that_is_not_contended_is_free_for_all() throws Exception {
    locks.take(new JobId("a"), "one");
    locks.take(new JobId("b"), "one");
    locks.release(new JobId("a"));
  }

  @Test
  void users_of_a_contended_object_take_turns_and_none_is_left_waiting() throws Exception {
    locks.contended("one");
    var threads = new ArrayList<Thread>();
    for (int n = 0; n < JOBS; n++) {
      var job = new JobId("job" + n);
      threads.add(Thread.ofVirtual().start(() -> use(job, "one")));
    }
    for (var thread : threads) {
      thread.join();
    }
    assertThat(most).hasValue(1);
    assertThat(within).hasValue(0);
  }

  @Test
  void jobs_that_want_what_the_other_has_do_not_wait_for_ever() throws Exception {
    locks.contended("one");
    locks.contended("two");
    var both = new CyclicBarrier(2);
    var other =
        Thread.ofVirtual()
            .start(
                () -> {
                  var job = new JobId("b");
                  take(job, "two");
                  await(both);
                  take(job, "one");
                  locks.release(job);
                });
    var job = new JobId("a");
    take(job, "one");
    await(both);
    take(job, "two");
    locks.release(job);
    other.join();
  }

  private void use(JobId job, String object) {
    for (int turn = 0; turn < TURNS; turn++) {
      take(job, object);
      most.accumulateAndGet(within.incrementAndGet(), Math::max);
      within.decrementAndGet();
      locks.release(job);
    }
  }

  private void take(JobId job, String object) {
    try {
      locks.take(job, object);
    } catch (InterruptedException stopped) {
      throw new AssertionError(stopped);
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception broken) {
      throw new AssertionError(broken);
    }
  }
}
