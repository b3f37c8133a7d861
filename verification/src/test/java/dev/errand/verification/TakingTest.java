package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
}
