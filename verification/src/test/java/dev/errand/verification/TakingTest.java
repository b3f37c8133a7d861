package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.SubTaskSpec;
import dev.errand.job.Outcome;
import dev.errand.spi.Store;
import dev.errand.testkit.MemoryStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a worker takes by its steps, beside what it claims.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TakingTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final MemoryStore store = new MemoryStore(InstantSource.system());
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch mayGoOn = new CountDownLatch(1);
  private final CountDownLatch claiming = new CountDownLatch(1);
  private final CountDownLatch mayClaim = new CountDownLatch(1);
  private volatile boolean isHeld;

  private final Errand errand = Errand.builder().store(held()).open();

  private final Agent nothing = Agent.named("nothing").program(job -> null).build();

  private final Agent parent =
      Agent.named("parent")
          .program(
              job -> {
                begun.countDown();
                mayGoOn.await();
                job.start(SubTaskSpec.of("nothing")).await();
                return null;
              })
          .build();

  /// A store whose claims can be held back.
  private Store held() {
    return (Store)
        Proxy.newProxyInstance(
            Store.class.getClassLoader(), new Class<?>[] {Store.class}, this::invoke);
  }

  private @Nullable Object invoke(Object proxy, Method method, @Nullable Object[] arguments)
      throws Throwable {
    if (isHeld && method.getName().equals("claim")) {
      claiming.countDown();
      mayClaim.await();
    }
    try {
      return method.invoke(store, arguments);
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause();
    }
  }

  @AfterEach
  void close() {
    mayClaim.countDown();
    errand.close();
  }

  @Test
  void a_step_takes_what_it_makes_due_while_a_claim_is_under_way() throws Exception {
    errand.register(nothing);
    errand.worker().concurrency(8).start();
    var job = errand.submit(parent);
    begun.await();
    isHeld = true;
    var other = errand.submit(nothing);
    claiming.await();
    mayGoOn.countDown();

    assertThat(job.await(LONG)).isInstanceOf(Outcome.Succeeded.class);

    assertThat(other.outcome()).isEmpty();
    mayClaim.countDown();
    assertThat(other.await(LONG)).isInstanceOf(Outcome.Succeeded.class);
  }

  /// A job that waits for another, which has the only place until three others stand in line.
  private List<String> orderOfOneThatWaitsAndOthers(Duration slice) throws Exception {
    var order = Collections.synchronizedList(new ArrayList<String>());
    var other = Agent.named("other").program(job -> order.add("other")).build();
    errand.register(
        Agent.named("held")
            .program(
                job -> {
                  begun.countDown();
                  mayGoOn.await();
                  return null;
                })
            .build());
    var waits =
        Agent.named("waits")
            .program(
                job -> {
                  job.start(SubTaskSpec.of("held")).await();
                  return order.add("goes on");
                })
            .build();
    errand.worker().concurrency(1).slice(slice).start();
    var jobs = new ArrayList<Job>();
    jobs.add(errand.submit(waits));
    begun.await();
    for (int i = 0; i < 3; i++) {
      jobs.add(errand.submit(other));
    }
    mayGoOn.countDown();
    for (var job : jobs) {
      assertThat(job.await(LONG)).isInstanceOf(Outcome.Succeeded.class);
    }
    return order;
  }

  @Test
  void a_job_that_ends_passes_its_place_on_to_the_one_that_waits_for_it() throws Exception {
    assertThat(orderOfOneThatWaitsAndOthers(Duration.ofHours(1)))
        .containsExactly("goes on", "other", "other", "other");
  }

  @Test
  void whose_slice_is_over_stands_in_line() throws Exception {
    assertThat(orderOfOneThatWaitsAndOthers(Duration.ZERO)).startsWith("other");
  }

  @Test
  void no_more_jobs_are_advanced_at_a_time_than_there_are_places() throws Exception {
    int places = 3;
    var now = new AtomicInteger();
    var most = new AtomicInteger();
    errand.register(
        Agent.named("short")
            .program(
                job -> {
                  most.accumulateAndGet(now.incrementAndGet(), Math::max);
                  Thread.onSpinWait();
                  return now.decrementAndGet();
                })
            .build());
    var waits =
        Agent.named("waits")
            .program(
                job -> {
                  for (int i = 0; i < 20; i++) {
                    var first = job.start(SubTaskSpec.of("short"));
                    first.await();
                    job.start(SubTaskSpec.of("short"));
                    first.await();
                  }
                  return null;
                })
            .build();
    errand.worker().concurrency(places).slice(Duration.ofHours(1)).start();
    var jobs = new ArrayList<Job>();
    for (int i = 0; i < 20; i++) {
      jobs.add(errand.submit(waits));
    }
    for (var job : jobs) {
      assertThat(job.await(LONG)).isInstanceOf(Outcome.Succeeded.class);
    }
    assertThat(most.get()).isBetween(1, places);
  }
}
