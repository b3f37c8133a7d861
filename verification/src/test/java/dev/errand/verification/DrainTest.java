package dev.errand.verification;

import static dev.errand.verification.Recorded.python;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.Model;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.ToolCall;
import dev.errand.job.Usage;
import dev.errand.python.CPythonRuntime;
import dev.errand.verification.programs.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A worker that leaves its jobs to others while something is under way: on one file, with leases
/// of an hour, so that who takes a job over can have waited for none.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DrainTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration SHORT = Duration.ofMillis(500);
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();

  private final CountDownLatch called = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private final List<String> noted = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger asked = new AtomicInteger();

  @TempDir Path folder;
  private @Nullable Errand first;
  private @Nullable Errand second;

  @BeforeEach
  void open() {
    first = opened();
    second = opened();
  }

  private Errand opened() {
    return Errand.builder().runtime(Waiting.KEPT.over(PYTHON)).open(folder.resolve("jobs.db"));
  }

  @AfterEach
  void close() {
    released.countDown();
    first().close();
    second().close();
  }

  @AfterAll
  static void closeRuntime() {
    PYTHON.close();
  }

  private Errand first() {
    return java.util.Objects.requireNonNull(first);
  }

  private Errand second() {
    return java.util.Objects.requireNonNull(second);
  }

  private static Errand work(Errand errand) {
    errand.worker().concurrency(4).lease(Duration.ofHours(1)).poll(Duration.ofMillis(5)).start();
    return errand;
  }

  private ToolFunction[] tools() {
    return new ToolFunction[] {
      ToolFunction.of("block", "", List.of(), call -> block()).policy(EffectPolicy.AT_MOST_ONCE),
      ToolFunction.of("note", "", List.of("text"), call -> noted.add(call.text("text")))
          .policy(EffectPolicy.AT_MOST_ONCE)
    };
  }

  private Object block() throws InterruptedException {
    asked.incrementAndGet();
    called.countDown();
    released.await();
    return "finished";
  }

  private Agent agent() {
    return Agent.named("main").tools(tools()).build();
  }

  private Job run(String code) {
    return work(first()).submit(agent(), spec -> spec.code(code));
  }

  /// What the second worker makes of a job that the first one left.
  private Outcome takenOver(Job job, Agent agent) throws InterruptedException {
    work(second().register(agent));
    return second().job(job.id().text()).await(LONG);
  }

  private static CompletableFuture<List<JobId>> draining(Errand errand, Duration within) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return errand.drain(within);
          } catch (InterruptedException unexpected) {
            throw new IllegalStateException(unexpected);
          }
        },
        task -> Thread.ofPlatform().daemon().name("draining").start(task));
  }

  private static void awaitConsole(Job job) {
    Awaitility.await()
        .atMost(LONG)
        .until(
            () -> job.history(0, 1000).stream().anyMatch(one -> one.kind() == Entry.Kind.CONSOLE));
  }

  private void awaitCalled() throws InterruptedException {
    assertThat(called.await(1, TimeUnit.MINUTES)).isTrue();
  }

  private boolean isClaimable() {
    return !second().store().claim("somebody", 10, LONG).isEmpty();
  }

  // What is under way

  @Test
  void a_long_statement_is_finished_and_not_carried_out_again() throws Exception {
    var job =
        run(
            """
            print("begun")
            import time
            def spin(seconds):
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    pass
            spin(0.05)
            spin(1.5)
            note(text="after")
            exit("done")
            """);
    awaitConsole(job);

    assertThat(first().drain(LONG)).isEmpty();

    assertThat(job.record().progress().statement()).isEqualTo(5);
    assertThat(noted).isEmpty();
    assertThat(takenOver(job, agent()).value(String.class)).isEqualTo("done");
    assertThat(noted).containsExactly("after");
  }

  @Test
  void code_that_does_not_end_is_stopped_within_the_bound_and_handed_back() throws Exception {
    var job = run("note(text='in')\nwhile True: pass");
    Awaitility.await().atMost(LONG).until(() -> !noted.isEmpty());

    assertThat(first().drain(Duration.ofSeconds(1))).isEmpty();

    assertThat(job.outcome()).isEmpty();
    assertThat(isClaimable()).isTrue();
    assertThat(noted).containsExactly("in");
  }

  @Test
  void a_model_that_does_not_answer_is_broken_off_and_asked_again_by_who_takes_over()
      throws Exception {
    var job = work(first()).submit(Agent.named("speaker").model(request -> silent()).build());
    awaitCalled();

    assertThat(first().drain(SHORT)).isEmpty();

    var answering = Agent.named("speaker").model(request -> said(python("exit('heard')"))).build();
    assertThat(takenOver(job, answering).value(String.class)).isEqualTo("heard");
    assertThat(asked).hasValue(2);
  }

  private Model.Reply silent() {
    asked.incrementAndGet();
    called.countDown();
    try {
      released.await();
      return new Model.Reply(python("exit('late')"), Usage.NONE);
    } catch (InterruptedException broken) {
      throw new IllegalStateException("The provider did not answer", broken);
    }
  }

  private Model.Reply said(String text) {
    asked.incrementAndGet();
    return new Model.Reply(text, Usage.NONE);
  }

  @Test
  void a_model_that_answers_in_time_is_not_asked_again() throws Exception {
    var job = work(first()).submit(Agent.named("speaker").model(request -> silent()).build());
    awaitCalled();
    var drained = draining(first(), LONG);

    released.countDown();
    assertThat(drained.get()).isEmpty();

    var none = Agent.named("speaker").model(request -> said(python("exit('again')"))).build();
    assertThat(takenOver(job, none).value(String.class)).isEqualTo("late");
    assertThat(asked).hasValue(1);
  }

  @Test
  void a_tool_is_waited_for_and_not_called_again() throws Exception {
    var job = run("answer = block()\nnote(text=answer)\nexit(answer)");
    awaitCalled();
    var drained = draining(first(), LONG);

    assertThat(drained).isNotDone();
    released.countDown();
    assertThat(drained.get()).isEmpty();

    assertThat(takenOver(job, agent()).value(String.class)).isEqualTo("finished");
    assertThat(asked).hasValue(1);
    assertThat(noted).containsExactly("finished");
  }

  @Test
  void a_tool_that_does_not_return_within_the_bound_keeps_its_job() throws Exception {
    var job = run("answer = block()\nexit(answer)");
    awaitCalled();

    assertThat(first().drain(SHORT)).containsExactly(job.id());

    assertThat(isClaimable()).isFalse();
    released.countDown();
    assertThat(first().drain(LONG)).isEmpty();
    assertThat(takenOver(job, agent()).value(String.class)).isEqualTo("finished");
    assertThat(asked).hasValue(1);
  }

  @Test
  void calls_of_a_reply_that_are_under_way_are_waited_for_and_the_others_are_not_begun()
      throws Exception {
    var job = work(first()).submit(calling());
    awaitCalled();
    var drained = draining(first(), LONG);
    Awaitility.await().atMost(LONG).until(() -> asked.get() == 2);

    released.countDown();
    assertThat(drained.get()).isEmpty();

    assertThat(noted).isEmpty();
    assertThat(takenOver(job, calling()).value(String.class)).isEqualTo("over");
    assertThat(asked).hasValue(2);
    assertThat(noted).containsExactly("third");
  }

  /// An agent whose model calls two tools that block, and one after them.
  private Agent calling() {
    var calls =
        List.of(
            new ToolCall("1", "block", Json.Object.EMPTY),
            new ToolCall("2", "block", Json.Object.EMPTY),
            new ToolCall("3", "note", Json.object("text", "third")));
    return Agent.named("caller")
        .tools(tools())
        .concurrentTools(2)
        .model(
            request ->
                request.messages().size() > 2
                    ? new Model.Reply("over", Usage.NONE)
                    : new Model.Reply("", calls, false, Usage.NONE))
        .build();
  }

  @Test
  void a_job_that_waits_for_a_child_is_woken_by_the_next_worker() throws Exception {
    var job =
        run(
            """
            def child():
                return block()
            task = delegate(child)
            print("waiting")
            exit(task.result)
            """);
    awaitCalled();
    Awaitility.await().atMost(LONG).until(() -> job.record().status() == JobStatus.SUSPENDED);
    var drained = draining(first(), LONG);
    released.countDown();

    assertThat(drained.get()).isEmpty();
    assertThat(takenOver(job, agent()).value(String.class)).isEqualTo("finished");
    assertThat(asked).hasValue(1);
  }

  @Test
  void a_java_program_that_is_interrupted_by_it_has_not_failed() throws Exception {
    var program = Agent.named("program").program(this::waitOutside).build();
    var job = work(first()).submit(program);
    awaitCalled();

    assertThat(first().drain(SHORT)).isEmpty();

    assertThat(job.outcome()).isEmpty();
    released.countDown();
    assertThat(takenOver(job, program).value(String.class)).isEqualTo("done");
  }

  private Object waitOutside(JobScope scope) throws InterruptedException {
    called.countDown();
    released.await();
    return "done";
  }

  @Test
  void a_java_program_that_catches_all_there_is_ends_with_nothing_it_made_of_that()
      throws Exception {
    var program = Agent.named("program").tools(tools()).program(DrainTest::carefree).build();
    var job = work(first()).submit(program);
    awaitCalled();
    var drained = draining(first(), LONG);
    released.countDown();

    assertThat(drained.get()).isEmpty();
    assertThat(takenOver(job, program).value(String.class)).isEqualTo("finished");
    assertThat(asked).hasValue(1);
  }

  @SuppressWarnings("IllegalCatch")
  private static Object carefree(JobScope scope) {
    try {
      return scope.call("block", Json.Object.EMPTY).to(String.class);
    } catch (Throwable whatever) {
      return "nothing";
    }
  }

  // Bounds, repetition, and what else happens

  @Test
  void a_bound_of_zero_waits_for_nothing() throws Exception {
    var job = run("answer = block()\nexit(answer)");
    awaitCalled();

    assertThat(first().drain(Duration.ZERO)).containsExactly(job.id());

    released.countDown();
    Awaitility.await().atMost(LONG).until(() -> first().drain(Duration.ZERO).isEmpty());
    assertThat(takenOver(job, agent()).value(String.class)).isEqualTo("finished");
    assertThat(asked).hasValue(1);
  }

  @Test
  void several_may_drain_at_once_and_again() throws Exception {
    var job = run("exit(block())");
    awaitCalled();
    var one = draining(first(), LONG);
    var other = draining(first(), LONG);
    released.countDown();

    assertThat(one.get()).isEmpty();
    assertThat(other.get()).isEmpty();
    assertThat(first().drain(LONG)).isEmpty();
    first().close();
    assertThat(takenOver(job, agent()).value(String.class)).isEqualTo("finished");
  }

  @Test
  void what_is_submitted_meanwhile_is_left_to_others() throws Exception {
    work(first()).drain(LONG);

    var job = first().submit(agent(), spec -> spec.code("exit(1)"));

    assertThat(first().drain(LONG)).isEmpty();
    assertThat(job.record().status()).isEqualTo(JobStatus.READY);
    assertThat(takenOver(job, agent()).value(Integer.class)).isEqualTo(1);
  }

  @Test
  void no_worker_is_started_after_it() throws Exception {
    first().drain(Duration.ZERO);

    assertThatThrownBy(() -> first().worker().start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("drained");
    assertThatThrownBy(() -> first().drain(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_job_that_is_cancelled_meanwhile_ends_so() throws Exception {
    var job = run("exit(block())");
    awaitCalled();
    var drained = draining(first(), LONG);

    second().job(job.id().text()).cancel("enough");
    released.countDown();

    assertThat(drained.get()).isEmpty();
    work(second());
    assertThat(job.await(LONG)).isEqualTo(new Outcome.Cancelled("enough"));
    assertThat(job.history(0, 1000).stream().filter(entry -> entry.kind() == Entry.Kind.JOB_ENDED))
        .hasSize(1);
  }

  @Test
  void a_job_that_was_cancelled_before_ends_so_within_it() throws Exception {
    var job = run("exit(block())");
    awaitCalled();
    job.cancel("enough");

    assertThat(first().drain(LONG)).isEmpty();

    assertThat(job.outcome()).contains(new Outcome.Cancelled("enough"));
  }

  // Closing

  @Test
  void closing_breaks_a_model_off_and_hands_its_job_back() throws Exception {
    var job = work(first()).submit(Agent.named("speaker").model(request -> silent()).build());
    awaitCalled();

    first().close();

    var answering = Agent.named("speaker").model(request -> said(python("exit('heard')"))).build();
    assertThat(takenOver(job, answering).value(String.class)).isEqualTo("heard");
  }

  @Test
  void closing_does_not_end_a_java_program_with_what_it_makes_of_its_interrupt() throws Exception {
    var program = Agent.named("program").program(this::waitOutside).build();
    var job = work(first()).submit(program);
    awaitCalled();

    first().close();

    released.countDown();
    assertThat(takenOver(job, program).value(String.class)).isEqualTo("done");
  }

  @Test
  void a_drain_that_is_interrupted_goes_on() throws Exception {
    var job = run("exit(block())");
    awaitCalled();
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> first().drain(LONG)).isInstanceOf(InterruptedException.class);

    released.countDown();
    assertThat(first().drain(LONG)).isEmpty();
    assertThat(takenOver(job, agent()).value(String.class)).isEqualTo("finished");
  }
}
