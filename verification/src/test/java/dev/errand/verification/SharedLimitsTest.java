package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.Model;
import dev.errand.agent.SubTaskSpec;
import dev.errand.job.Budget;
import dev.errand.job.JobStatus;
import dev.errand.job.Outcome;
import dev.errand.job.Quota;
import dev.errand.job.Usage;
import dev.errand.spi.Store;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Limits that two workers of one store hold together, as their jobs meet them.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedLimitsTest {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final Duration SHORT = Duration.ofMillis(5);

  /// So that nothing is found by looking again.
  private static final Duration NEVER = Duration.ofHours(1);

  private final ManualClock clock = ManualClock.create();
  private final Store store = CrashInjector.failing(new MemoryStore(clock), 0, false).store();
  private final AtomicInteger looks = new AtomicInteger();
  private final Errand one = open();
  private final Errand other = open();
  private final AtomicInteger live = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private final List<Instant> calls = Collections.synchronizedList(new ArrayList<>());

  /// One that leaves the store open when it is closed.
  private Errand open() {
    return Errand.builder().store(counting()).clock(clock).open();
  }

  private Store counting() {
    return (Store)
        Proxy.newProxyInstance(
            Store.class.getClassLoader(),
            new Class<?>[] {Store.class},
            (proxy, method, arguments) -> {
              looks.addAndGet(method.getName().equals("nextDue") ? 1 : 0);
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException refused) {
                throw refused.getCause();
              }
            });
  }

  private final Agent counted =
      Agent.named("counted")
          .program(
              job -> {
                most.accumulateAndGet(live.incrementAndGet(), Math::max);
                Thread.onSpinWait();
                live.decrementAndGet();
                return 0;
              })
          .build();

  private final Agent speaker =
      Agent.named("speaker")
          .model(
              request -> {
                calls.add(clock.instant());
                return new Model.Reply("said", new Usage(1, 6, 4, 100));
              })
          .build();

  @BeforeEach
  void makeKnown() {
    for (var errand : List.of(one, other)) {
      errand.register(counted).register(speaker);
    }
  }

  @AfterEach
  void close() {
    one.close();
    other.close();
  }

  private List<Job> submit(Agent agent, int many) {
    return IntStream.range(0, many).mapToObj(n -> one.submit(agent)).toList();
  }

  /// Waits until workers have looked so often when the next job falls due.
  private void awaitLooks(int more) {
    int before = looks.get();
    Awaitility.await().atMost(LONG).until(() -> looks.get() >= before + more);
  }

  private static void awaitAll(List<Job> jobs) throws InterruptedException {
    for (var job : jobs) {
      job.await(LONG).value(Object.class);
    }
  }

  @Test
  void two_workers_advance_no_more_jobs_at_a_time_than_there_may_be() throws Exception {
    one.limit(Quota.jobs("counted", 3));
    var jobs = submit(counted, 200);
    one.worker().poll(SHORT).start();
    other.worker().poll(SHORT).start();
    awaitAll(jobs);

    assertThat(most).hasValueBetween(1, 3);
  }

  @Test
  void the_end_of_a_job_lets_the_next_go_on_at_once() throws Exception {
    one.limit(Quota.jobs(1));
    one.worker().poll(NEVER).start();
    awaitAll(submit(counted, 50));

    assertThat(most).hasValue(1);
  }

  @Test
  void a_parent_that_waits_leaves_the_only_place_to_its_children() throws Exception {
    one.limit(Quota.jobs(1));
    one.register(Agent.named("parent").program(SharedLimitsTest::delegate).build());
    one.worker().poll(NEVER).start();
    var job =
        one.submit(
            Agent.named("parent").program(SharedLimitsTest::delegate).build(),
            spec -> spec.var("levels", 3));

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(2 + 4 + 8);
  }

  private static Object delegate(JobScope job) {
    int levels = job.var("levels", Integer.class);
    if (levels == 0) {
      return 0;
    }
    var below = SubTaskSpec.of("parent").var("levels", levels - 1);
    var children = job.awaitAll(List.of(job.start(below), job.start(below)));
    return 2 + children.stream().mapToInt(child -> child.result(Integer.class)).sum();
  }

  @Test
  void a_limit_that_is_lifted_lets_go_at_once_what_it_held_back() throws Exception {
    one.limit(Quota.jobs(0));
    one.worker().poll(NEVER).start();
    var job = one.submit(counted);
    Awaitility.await().atMost(LONG).until(one::idle);
    assertThat(job.record().status()).isEqualTo(JobStatus.READY);

    assertThat(one.lift("jobs")).isTrue();
    awaitAll(List.of(job));
  }

  @Test
  void a_worker_with_jobs_that_a_limit_holds_back_is_not_idle() throws Exception {
    one.limit(Quota.jobs("counted", 1));
    var jobs = submit(counted, 2);
    assertThat(store.claim("somebody else", 1, LONG)).hasSize(1);
    one.worker().poll(SHORT).start();
    awaitLooks(3);

    assertThat(one.idle()).isFalse();
    assertThat(store.busy()).isTrue();
    one.lift("jobs:counted");
    awaitAll(jobs.subList(1, 2));
    Awaitility.await().atMost(LONG).until(one::idle);
  }

  @Test
  void two_workers_call_a_model_no_more_often_than_its_limit_says() throws Exception {
    one.limit(Quota.calls("object", 6));
    var jobs = submit(speaker, 8);
    one.worker().poll(SHORT).start();
    other.worker().poll(SHORT).start();
    var start = clock.instant();
    for (int n = 1; n <= jobs.size(); n++) {
      int made = n;
      Awaitility.await().atMost(LONG).until(() -> calls.size() == made);
      clock.advance(Duration.ofSeconds(10));
    }
    awaitAll(jobs);

    assertThat(calls)
        .containsExactlyElementsOf(
            IntStream.range(0, 8).mapToObj(n -> start.plusSeconds(10L * n)).toList());
  }

  @Test
  void a_job_that_is_put_off_keeps_no_permit_and_no_budget() throws Exception {
    one.limit(Quota.calls("object:speaker", 1));
    one.worker().concurrency(1).poll(SHORT).start();
    awaitAll(List.of(one.submit(speaker)));
    var later = clock.instant().plus(Duration.ofMinutes(1));
    var put = one.submit(speaker, spec -> spec.budget(Budget.tokens(10_000)));
    awaitAll(submit(counted, 20));
    Awaitility.await().atMost(LONG).until(() -> store.nextDue().equals(Optional.of(later)));

    assertThat(put.record().outcome()).isNull();
    assertThat(put.accounts().getFirst().tokens().reserved()).isZero();
    clock.advance(Duration.ofMinutes(1));
    awaitAll(List.of(put));
    assertThat(calls).hasSize(2);
  }

  @Test
  void a_job_whose_budget_does_not_reach_for_its_call_has_its_last_turn_at_once() throws Exception {
    one.limit(Quota.calls("object", 1));
    one.worker().poll(SHORT).start();
    var priced = Agent.named("priced").model(Priced.saying("all I have")).build();
    var job = one.submit(priced, spec -> spec.budget(Budget.tokens(15)));

    assertThat(job.await(LONG)).isInstanceOf(Outcome.BudgetExhausted.class);
    assertThat(job.record().usage().calls()).isEqualTo(1);
  }

  @Test
  void a_job_that_is_put_off_is_cancelled_at_once() throws Exception {
    one.limit(Quota.calls("object", 1));
    one.worker().poll(SHORT).start();
    awaitAll(List.of(one.submit(speaker)));
    var put = one.submit(speaker);
    Awaitility.await().atMost(LONG).until(() -> put.record().status() == JobStatus.STARTED);
    put.cancel("not needed");

    assertThat(put.await(LONG).isFromOutside()).isTrue();
    assertThat(calls).hasSize(1);
  }

  @Test
  void what_a_job_was_told_before_it_was_put_off_it_is_told_once() throws Exception {
    var asked = Collections.synchronizedList(new ArrayList<Model.Request>());
    var reader =
        Agent.named("reader")
            .model(
                request -> {
                  asked.add(request);
                  return new Model.Reply("read", Usage.NONE);
                })
            .build();
    one.limit(Quota.calls("object:reader", 1));
    one.worker().poll(SHORT).start();
    awaitAll(List.of(one.submit(reader)));
    var job = one.submit(reader, spec -> spec.message("hello"));
    Awaitility.await().atMost(LONG).until(() -> store.history(job.id(), 0, 100).size() > 2);
    clock.advance(Duration.ofMinutes(1));
    awaitAll(List.of(job));

    assertThat(asked).hasSize(2);
    assertThat(asked.getLast().messages())
        .filteredOn(message -> message.text().contains("hello"))
        .hasSize(1);
  }
}
