package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.Program;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Entry;
import dev.errand.job.JobFailedException;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.Retry;
import dev.errand.job.TaskError;
import dev.errand.spi.Store;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// Work that is attempted again, in Java, with waiting threads kept and with every one given up.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ParameterizedClass
@ValueSource(ints = {64, 0})
class RetryTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Retry AT_ONCE = Retry.attempts(3).backoff(Duration.ZERO);
  @Parameter int warmJobs;

  private final ManualClock clock = ManualClock.create();
  private final List<String> noted = Collections.synchronizedList(new ArrayList<>());
  private final MemoryStore jobs = new MemoryStore(clock);
  private final Errand errand = Errand.builder().store(store()).clock(clock).open();

  @AfterEach
  void close() {
    errand.close();
  }

  /// The jobs, which stay when an Errand is closed.
  private Store store() {
    return CrashInjector.failing(jobs, 0, false).store();
  }

  /// A worker agent whose jobs do this.
  private RetryTest working(Program program) {
    errand.register(Agent.named("worker").program(program).tools(note()).build());
    return this;
  }

  private ToolFunction note() {
    return ToolFunction.of("note", "", List.of("text"), call -> noted.add(call.text("text")));
  }

  private Job delegating(UnaryOperator<SubTaskSpec> details) {
    return running(scope -> scope.start(details.apply(SubTaskSpec.of("worker"))).await().result());
  }

  private Job running(Program program) {
    errand.worker().concurrency(4).warmJobs(warmJobs).poll(Duration.ofMillis(5)).start();
    return errand.submit(Agent.named("root").program(program).build());
  }

  /// Work that fails in all attempts before the one of that number.
  private static Program succeedingAt(int number) {
    return scope -> {
      int attempt = scope.id().ordinal();
      scope.call("note", Json.object("text", "attempt " + attempt));
      if (attempt < number) {
        throw new IllegalStateException("no disk at " + attempt);
      }
      return "done at " + attempt;
    };
  }

  private static Program sleeping() {
    return scope -> {
      scope.sleep(HOUR);
      return "slept";
    };
  }

  private static TaskError error(Outcome outcome) {
    return ((Outcome.Failed) outcome).error();
  }

  private static Job supervisor(Job root) {
    return root.children().getFirst();
  }

  private static long count(Job job, Entry.Kind kind) {
    return job.history(0, 1000).stream().filter(entry -> entry.kind() == kind).count();
  }

  private static void awaitAttempts(Job root, int count) {
    Awaitility.await()
        .atMost(LONG)
        .until(() -> !root.children().isEmpty() && supervisor(root).children().size() == count);
  }

  private void awaitAllAsleep(Job root) {
    Awaitility.await()
        .atMost(LONG)
        .until(
            () ->
                errand.store().jobs(root.id().text(), "", 100).stream()
                    .filter(job -> job.outcome() == null)
                    .allMatch(job -> job.status() == JobStatus.SUSPENDED));
  }

  @Test
  void work_is_attempted_until_it_succeeds() throws Exception {
    var root = working(succeedingAt(3)).delegating(work -> work.retry(AT_ONCE));

    assertThat(root.await(LONG).value(String.class)).isEqualTo("done at 3");
    assertThat(noted).containsExactly("attempt 1", "attempt 2", "attempt 3");
    assertThat(supervisor(root).children())
        .extracting(attempt -> attempt.outcome().orElseThrow().code())
        .containsExactly("failed", "failed", "succeeded");
    assertThat(count(supervisor(root), Entry.Kind.SUBTASK_COMPLETED)).isEqualTo(1);
    assertThat(count(supervisor(root), Entry.Kind.SUBTASK_FAILED)).isZero();
  }

  @Test
  void work_that_succeeds_at_once_is_attempted_once() throws Exception {
    var root = working(succeedingAt(1)).delegating(work -> work.retry(AT_ONCE));

    assertThat(root.await(LONG).value(String.class)).isEqualTo("done at 1");
    assertThat(supervisor(root).children()).hasSize(1);
  }

  @Test
  void after_the_last_attempt_its_error_says_how_many_there_were() throws Exception {
    var root =
        working(succeedingAt(9))
            .running(
                scope -> {
                  var work = scope.start(SubTaskSpec.of("worker").retry(AT_ONCE)).await();
                  return work.error().orElseThrow().message();
                });

    assertThat(root.await(LONG).value(String.class))
        .isEqualTo("IllegalStateException: no disk at 3 (attempt 3 of 3)");
    assertThat(noted).hasSize(3);
    assertThat(error(supervisor(root).await(LONG)).kind()).isEqualTo(TaskError.Kind.EXCEPTION);
    assertThat(count(supervisor(root), Entry.Kind.SUBTASK_FAILED)).isEqualTo(1);
  }

  @Test
  void only_errors_of_the_kinds_that_are_named_are_followed_by_another_attempt() throws Exception {
    var root =
        working(succeedingAt(2))
            .delegating(work -> work.retry(AT_ONCE.on(TaskError.Kind.TIMED_OUT)));

    assertThat(error(root.await(LONG)).message()).contains("no disk at 1 (attempt 1 of 3)");
    assertThat(noted).containsExactly("attempt 1");
  }

  @Test
  void the_time_between_attempts_grows_and_has_a_bound() throws Exception {
    var retry =
        Retry.attempts(4).backoff(Duration.ofSeconds(10)).maxBackoff(Duration.ofSeconds(15));
    var root = working(succeedingAt(4)).delegating(work -> work.retry(retry));

    int attempts = 1;
    for (int seconds : new int[] {10, 15, 15}) {
      awaitAttempts(root, attempts++);
      awaitAllAsleep(root);
      clock.advance(Duration.ofSeconds(seconds).minusMillis(1));
      assertThat(errand.store().nextDue()).contains(clock.instant().plusMillis(1));
      assertThat(supervisor(root).children()).hasSize(attempts - 1);
      clock.advance(Duration.ofMillis(1));
    }
    assertThat(root.await(LONG).value(String.class)).isEqualTo("done at 4");
  }

  @Test
  void what_is_cancelled_while_an_attempt_is_at_work_begins_no_other() throws Exception {
    var root =
        working(sleeping())
            .running(
                scope -> {
                  var work = scope.start(SubTaskSpec.of("worker").retry(AT_ONCE));
                  scope.sleep(Duration.ofSeconds(1));
                  scope.cancel(work, "enough");
                  return work.await().error().orElseThrow().kind().code();
                });
    awaitAttempts(root, 1);
    awaitAllAsleep(root);
    clock.advance(Duration.ofSeconds(1));

    assertThat(root.await(LONG).value(String.class)).isEqualTo("cancelled");
    assertThat(supervisor(root).await(LONG)).isEqualTo(new Outcome.Cancelled("enough"));
    assertThat(supervisor(root).children())
        .extracting(attempt -> attempt.await(LONG))
        .containsExactly(new Outcome.Cancelled("enough"));
  }

  @Test
  void what_is_cancelled_between_two_attempts_begins_no_other() throws Exception {
    var root =
        working(succeedingAt(2)).delegating(work -> work.retry(Retry.attempts(3).backoff(HOUR)));
    awaitAttempts(root, 1);
    awaitAllAsleep(root);
    root.cancel("enough");
    clock.advance(HOUR);

    assertThat(supervisor(root).await(LONG)).isEqualTo(new Outcome.Cancelled("enough"));
    Awaitility.await().atMost(LONG).until(errand::idle);
    assertThat(supervisor(root).children()).hasSize(1);
  }

  @Test
  void an_attempt_that_somebody_cancels_is_the_last() throws Exception {
    var root = working(sleeping()).delegating(work -> work.retry(AT_ONCE));
    awaitAttempts(root, 1);
    supervisor(root).children().getFirst().cancel("enough");

    assertThat(error(supervisor(root).await(LONG)).kind()).isEqualTo(TaskError.Kind.CANCELLED);
    assertThat(supervisor(root).children()).hasSize(1);
  }

  @Test
  void the_time_limit_is_that_of_all_attempts() throws Exception {
    var root =
        working(succeedingAt(9))
            .running(
                scope -> {
                  var retry = Retry.attempts(100).backoff(Duration.ofSeconds(40)).factor(1);
                  var work = SubTaskSpec.of("worker").timeout(Duration.ofMinutes(1)).retry(retry);
                  return scope.start(work).await().error().orElseThrow().kind().code();
                });
    awaitAttempts(root, 1);
    awaitAllAsleep(root);
    clock.advance(Duration.ofSeconds(40));
    awaitAttempts(root, 2);
    awaitAllAsleep(root);
    clock.advance(Duration.ofSeconds(20));

    assertThat(root.await(LONG).value(String.class)).isEqualTo("timed_out");
    assertThat(supervisor(root).children()).hasSize(2);
  }

  @Test
  void an_attempt_that_takes_too_long_is_followed_by_another() throws Exception {
    var root =
        working(
                scope -> {
                  if (scope.id().ordinal() == 1) {
                    scope.sleep(HOUR);
                  }
                  return "done at " + scope.id().ordinal();
                })
            .delegating(work -> work.retry(AT_ONCE.timeout(Duration.ofMinutes(1))));
    awaitAttempts(root, 1);
    awaitAllAsleep(root);
    clock.advance(Duration.ofMinutes(1));

    assertThat(root.await(LONG).value(String.class)).isEqualTo("done at 2");
  }

  @Test
  void each_attempt_begins_with_the_same_variables_and_its_children_end_with_it() throws Exception {
    errand.register(Agent.named("sleeper").program(sleeping()).build());
    var root =
        working(
                scope -> {
                  var given = scope.var("n", Integer.class);
                  scope.start(SubTaskSpec.of("sleeper"));
                  if (scope.id().ordinal() < 3) {
                    throw new IllegalStateException("not yet");
                  }
                  return given;
                })
            .delegating(work -> work.var("n", 7).retry(AT_ONCE));

    assertThat(root.await(LONG).value(Integer.class)).isEqualTo(7);
    var attempts = supervisor(root).children();
    assertThat(attempts.get(0).children().getFirst().await(LONG))
        .isEqualTo(new Outcome.Cancelled("attempt 1 of 3 failed"));
    assertThat(attempts.get(1).children().getFirst().await(LONG))
        .isEqualTo(new Outcome.Cancelled("attempt 2 of 3 failed"));
    assertThat(attempts.get(2).children().getFirst().outcome()).isEmpty();
  }

  @Test
  void work_that_may_be_delegated_may_be_retried_at_any_depth() throws Exception {
    Program nested =
        scope -> {
          int left = scope.var("left", Integer.class);
          return left == 0
              ? 1
              : 1
                  + scope
                      .start(SubTaskSpec.of("worker").var("left", left - 1).retry(AT_ONCE))
                      .await()
                      .result(Integer.class);
        };
    errand.register(Agent.named("worker").limits(was -> was.withDepth(3)).program(nested).build());
    var root = running(scope -> List.of(depth(scope, 2), depth(scope, 3)));

    var said = root.await(LONG).value(List.class);
    assertThat(said.get(0)).isEqualTo("3");
    assertThat(said.get(1)).asString().contains("the limit of agent worker");
  }

  private static String depth(JobScope scope, int left) {
    try {
      var top = scope.start(SubTaskSpec.of("worker").var("left", left).retry(AT_ONCE)).await();
      return top.result(Integer.class).toString();
    } catch (JobFailedException failed) {
      return failed.error().message();
    }
  }

  @Test
  void an_id_is_taken_by_the_retried_work_and_a_second_use_is_refused() throws Exception {
    var root =
        working(succeedingAt(2))
            .running(
                scope -> {
                  SubTaskHandler work =
                      scope.start(SubTaskSpec.of("worker").id("a").retry(AT_ONCE));
                  work.await();
                  scope.start(SubTaskSpec.of("worker").id("a").retry(AT_ONCE));
                  return work.id();
                });

    assertThat(error(root.await(LONG)).message()).contains("Sub-task id=\"a\" is taken by job");
    assertThat(root.children()).hasSize(1);
  }

  @Test
  void a_process_that_lacks_the_agent_begins_attempts_and_leaves_them_to_others() throws Exception {
    var root =
        working(succeedingAt(2)).delegating(work -> work.retry(Retry.attempts(2).backoff(HOUR)));
    awaitAttempts(root, 1);
    awaitAllAsleep(root);
    errand.close();
    clock.advance(HOUR);
    try (var other = Errand.builder().store(store()).clock(clock).open()) {
      other.worker().warmJobs(warmJobs).poll(Duration.ofMillis(5)).start();
      var second = supervisor(other.job(root.id().text()));
      Awaitility.await().atMost(LONG).until(() -> second.children().size() == 2);
      var attempt = second.children().getLast();
      Awaitility.await().atMost(LONG).until(() -> count(attempt, Entry.Kind.NOTICE) == 1);
    }
    clock.advance(Duration.ofMinutes(1));
    try (var last = Errand.builder().store(store()).clock(clock).open()) {
      last.register(Agent.named("worker").program(succeedingAt(2)).tools(note()).build());
      last.worker().warmJobs(warmJobs).poll(Duration.ofMillis(5)).start();
      var supervisor = supervisor(last.job(root.id().text()));
      assertThat(supervisor.await(LONG).value(String.class)).isEqualTo("done at 2");
    }
  }
}
