package dev.errand.verification;

import static dev.errand.verification.Recorded.python;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.job.Account;
import dev.errand.job.Budget;
import dev.errand.job.Entry;
import dev.errand.job.JobRecord;
import dev.errand.job.Outcome;
import dev.errand.job.StoreException;
import dev.errand.job.Usage;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A tree that spends all it may, with the process crashed at each of its commits in turn, just
/// before it and just after it.
@Timeout(value = 8, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CrashWhileSpendingTest {
  private static final String KEY = "the one";
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();
  private static final String DELEGATE =
      python(
          """
          tasks = [create_sub_task(create_new_job("worker", budget={"tokens": 40}), id=n) for n in range(2)]
          tasks += [create_sub_task(create_new_job("worker"), id=n) for n in range(2, 4)]
          wait_any(*tasks)
          """);

  private final AtomicLong answered = new AtomicLong();

  @AfterAll
  static void closeRuntime() {
    PYTHON.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothing_is_spent_twice_and_nothing_stays_set_aside(boolean after) throws Exception {
    long boundaries = 1;
    for (long at = 1; at <= boundaries; at++) {
      boundaries = Math.max(boundaries, crashOnceAndResume(at, after));
    }
    assertThat(boundaries).isGreaterThan(20);
  }

  private long crashOnceAndResume(long crashAt, boolean after) throws Exception {
    var clock = ManualClock.create();
    var store = new MemoryStore(clock);
    var first = CrashInjector.failing(store, crashAt, after);
    answered.set(0);
    advance(first, clock);
    first.awaitSilence();
    clock.advance(Duration.ofMinutes(2));
    advance(CrashInjector.failing(store, 0, false), clock);
    check(store, "crash " + (after ? "after" : "before") + " write " + crashAt);
    return first.crashed() ? crashAt + 1 : 0;
  }

  private void advance(CrashInjector injector, ManualClock clock) throws Exception {
    try (var errand =
        Errand.builder()
            .store(injector.store())
            .clock(clock)
            .runtime(Waiting.KEPT.over(PYTHON))
            .open()) {
      errand.register(Agent.named("worker").model(counting(python("print(1)"))).build());
      var root = Agent.named("root").model(counting(DELEGATE, python("print(2)"))).build();
      var job = errand.submit(root, spec -> spec.key(KEY).budget(Budget.tokens(200)));
      errand.worker().lease(Duration.ofMinutes(1)).poll(Duration.ofMillis(5)).start();
      while (job.outcome().isEmpty() || job.count().done() < job.count().jobs()) {
        errand.awaitChange(Duration.ofMillis(20));
      }
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
    }
  }

  private Model counting(String... replies) {
    var model = Priced.saying(replies);
    return new Model() {
      @Override
      public Reply reply(Request request) {
        answered.incrementAndGet();
        return model.reply(request);
      }

      @Override
      public Usage estimate(Request request) {
        return model.estimate(request);
      }
    };
  }

  private void check(MemoryStore store, String when) {
    var jobs = store.jobs("", "", 1000);
    var root = jobs.getFirst().id();
    long calls = jobs.stream().mapToLong(job -> job.usage().calls()).sum();
    assertThat(jobs).as(when).hasSize(5);
    assertThat(jobs.getFirst().outcome()).as(when).isInstanceOf(Outcome.BudgetExhausted.class);
    assertThat(jobs).as(when).extracting(JobRecord::reserved).containsOnly(Budget.NONE);
    assertThat(store.events(root, 0, 1000))
        .as(when)
        .filteredOn(entry -> entry.kind() == Entry.Kind.REPLY)
        .hasSize((int) calls);
    // A reply that was being committed when the process died was made, and is made again.
    assertThat(answered.get()).as(when).isBetween(calls, calls + 5);
    var account = store.accounts(root, null, 1).getFirst();
    assertThat(account.tokens()).as(when).isEqualTo(new Account.Balance(200, 10 * calls, 0, 0, 0));
    assertThat(10 * calls).as(when).isLessThanOrEqualTo(200);
    assertThat(store.accounts(root, root, 10))
        .as(when)
        .allSatisfy(share -> assertThat(share.isOpen()).isFalse())
        .allSatisfy(share -> assertThat(share.tokens().spent()).isLessThanOrEqualTo(40));
  }
}
