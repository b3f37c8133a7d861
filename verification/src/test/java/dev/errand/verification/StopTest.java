package dev.errand.verification;

import static dev.errand.verification.Recorded.python;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.Model;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Effect;
import dev.errand.job.Entry;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.Usage;
import dev.errand.job.Value;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Jobs that are ended from outside: cancelled, killed, asked to come to an end, or past their
/// deadline.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StopTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Outcome ENOUGH = new Outcome.Cancelled("enough");
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();

  private final ManualClock clock = ManualClock.create();
  private final CountDownLatch called = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private final AtomicBoolean interrupted = new AtomicBoolean();
  private final List<String> noted = Collections.synchronizedList(new ArrayList<>());
  private final List<Model.Request> asked = Collections.synchronizedList(new ArrayList<>());

  private final Errand errand =
      Errand.builder()
          .store(new MemoryStore(clock))
          .clock(clock)
          .runtime(Waiting.KEPT.over(PYTHON))
          .open();

  @AfterEach
  void close() {
    released.countDown();
    errand.close();
  }

  @AfterAll
  static void closeRuntime() {
    PYTHON.close();
  }

  private Errand start() {
    errand.worker().concurrency(2).poll(Duration.ofMillis(5)).start();
    return errand;
  }

  private Job run(String code) {
    return start().submit(parent(), spec -> spec.code(code));
  }

  private Agent parent() {
    return Agent.named("parent")
        .tools(
            ToolFunction.of("block", "", List.of(), call -> block()),
            ToolFunction.of("ignore", "", List.of(), call -> ignore()),
            ToolFunction.of("note", "", List.of("text"), call -> noted.add(call.text("text"))))
        .build();
  }

  private Object block() throws InterruptedException {
    called.countDown();
    try {
      released.await();
      return "finished";
    } catch (InterruptedException broken) {
      interrupted.set(true);
      throw broken;
    }
  }

  /// A tool that does not heed that it is interrupted.
  private Object ignore() {
    called.countDown();
    while (released.getCount() > 0) {
      try {
        released.await();
      } catch (InterruptedException ignored) {
        interrupted.set(true);
      }
    }
    return "finished";
  }

  /// A job whose model says these lines in order, and no more after them.
  private Job converse(String... lines) {
    return start().submit(Agent.named("speaker").model(Recorded.replying(asked, lines)).build());
  }

  private static void awaitSuspended(Job job) {
    Awaitility.await().atMost(LONG).until(() -> job.record().status() == JobStatus.SUSPENDED);
  }

  private static long count(Job job, Entry.Kind kind) {
    return job.history(0, 1000).stream().filter(entry -> entry.kind() == kind).count();
  }

  // Cancelling

  @Test
  void code_that_never_ends_is_stopped() throws Exception {
    var job = run("print('in')\nnote(text='in')\nwhile True: pass");
    Awaitility.await().atMost(LONG).until(() -> !noted.isEmpty());

    assertThat(job.cancel("enough")).isEqualTo(1);
    assertThat(job.await(LONG)).isEqualTo(ENOUGH);
    assertThat(count(job, Entry.Kind.JOB_ENDED)).isEqualTo(1);
    assertThat(job.cancel("again")).isZero();
  }

  @Test
  void a_job_that_waits_ends_with_all_below_it_and_tells_nobody_within() throws Exception {
    var job =
        run(
            """
            def below(n):
                return delegate(lambda: callback('go').result).result if n == 0 else below(n - 1)
            tasks = [delegate(below, n) for n in range(3)]
            wait_all(*tasks)
            """);
    Awaitility.await().atMost(LONG).until(() -> job.callbacks().size() == 3);
    awaitSuspended(job);
    int jobs = job.cancel("enough");

    assertThat(jobs).isEqualTo(1 + 3 * 3);
    assertThat(job.await(LONG)).isEqualTo(ENOUGH);
    assertThat(job.count().done()).isEqualTo(job.count().jobs()).isEqualTo(jobs - 1);
    assertThat(job.callbacks()).isEmpty();
    assertThat(count(job, Entry.Kind.JOB_ENDED)).isEqualTo(1);
    for (var child : job.children()) {
      assertThat(count(child, Entry.Kind.SUBTASK_CANCELLED)).isEqualTo(1);
    }
    assertThat(errand.store().busy()).isFalse();
  }

  @Test
  void a_job_that_has_not_begun_ends_without_a_worker() {
    var job = errand.submit(parent(), spec -> spec.code("note(text='begun')"));

    assertThat(job.cancel("enough")).isEqualTo(1);
    assertThat(job.outcome()).contains(ENOUGH);
    start();
    Awaitility.await().atMost(LONG).until(errand::idle);
    assertThat(noted).isEmpty();
  }

  @Test
  void a_tool_that_is_being_called_may_finish_and_nothing_is_begun_after_it() throws Exception {
    var job = run("block()\nnote(text='after')");
    called.await();
    job.cancel("enough");
    assertThat(job.outcome()).isEmpty();
    released.countDown();

    assertThat(job.await(LONG)).isEqualTo(ENOUGH);
    assertThat(job.effects())
        .extracting(effect -> effect.effect().result())
        .containsExactly(new Effect.Result.Returned(Value.of("finished")));
    assertThat(interrupted).isFalse();
    assertThat(noted).isEmpty();
  }

  @Test
  void a_job_that_is_killed_breaks_off_its_tool() throws Exception {
    var job = run("block()\nnote(text='after')");
    called.await();
    job.kill("enough");

    assertThat(job.await(LONG)).isEqualTo(ENOUGH);
    Awaitility.await().atMost(LONG).untilTrue(interrupted);
    assertThat(job.unknownEffects()).hasSize(1);
    assertThat(noted).isEmpty();
  }

  @Test
  void a_tool_that_does_not_heed_it_is_left_behind_and_holds_up_no_other_job() throws Exception {
    var job = run("ignore()");
    var other = errand.submit(parent(), spec -> spec.code("ignore()"));
    called.await();
    job.kill("enough");
    other.kill("enough");

    assertThat(job.await(LONG)).isEqualTo(ENOUGH);
    assertThat(other.await(LONG)).isEqualTo(ENOUGH);
    var next = errand.submit(parent(), spec -> spec.code("exit(1)"));
    assertThat(next.await(LONG).value(Integer.class)).isEqualTo(1);
  }

  @Test
  void a_java_program_is_stopped_where_it_calls_or_waits() throws Exception {
    var program =
        Agent.named("program")
            .tools(ToolFunction.of("block", "", List.of(), call -> block()))
            .program(
                scope -> {
                  scope.call("block", Json.Object.EMPTY);
                  return noted.add("after");
                })
            .build();
    var job = start().submit(program);
    called.await();
    job.cancel("enough");
    released.countDown();

    assertThat(job.await(LONG)).isEqualTo(ENOUGH);
    assertThat(noted).isEmpty();
  }

  @Test
  void a_model_that_is_being_asked_is_broken_off_and_not_asked_again() throws Exception {
    Model model =
        request -> {
          asked.add(request);
          try {
            block();
          } catch (InterruptedException broken) {
            Thread.currentThread().interrupt();
          }
          return new Model.Reply("too late", Usage.NONE);
        };
    var job = start().submit(Agent.named("speaker").model(model).build());
    called.await();
    job.cancel("enough");

    assertThat(job.await(LONG)).isEqualTo(ENOUGH);
    assertThat(interrupted).isTrue();
    assertThat(asked).hasSize(1);
  }

  @Test
  void a_cancelled_job_stays_so_whatever_is_said_to_it() throws Exception {
    var job = converse(python("callback('go').result"));
    awaitSuspended(job);
    job.cancel("enough");

    assertThatThrownBy(() -> job.say("Go on.")).isInstanceOf(SignalRefusedException.class);
    assertThatThrownBy(() -> job.askToStop("now")).isInstanceOf(SignalRefusedException.class);
    assertThat(job.await(LONG))
        .isEqualTo(new Outcome.Cancelled("enough", Value.of(python("callback('go').result"))));
  }

  // By the job's own code

  @Test
  void code_cancels_one_subtask_and_its_siblings_go_on() throws Exception {
    var job =
        run(
            """
            def wait(name): return callback(name).result
            def stay(): return 2
            a, b = delegate(wait, 'a', id='a'), delegate(stay, id='b')
            cancel(a, reason='not needed')
            cancel(a)
            cancel(b) if b.result == 3 else None
            try:
                a.result
            except SubTaskError as error:
                said = str(error)
            exit([said, a.error.kind, a.state.name, b.result])
            """);

    assertThat(job.await(LONG).value(Object[].class))
        .containsExactly("The child was cancelled: not needed", "cancelled", "ERROR", 2);
    assertThat(count(job.children().getFirst(), Entry.Kind.SUBTASK_CANCELLED)).isEqualTo(1);
  }

  @Test
  void a_job_cancels_only_what_is_below_it() throws Exception {
    var job =
        run(
            """
            def other(handler):
                try:
                    cancel(handler)
                except RuntimeError as error:
                    return str(error)
            a = delegate(lambda: callback('a').result)
            said = delegate(other, a).result
            cancel(a)
            try:
                cancel('a')
            except TypeError as error:
                exit([said, str(error)])
            """);

    assertThat(job.await(LONG).value(Object[].class)[0])
        .asString()
        .contains("is not below job " + job.id() + ".2");
  }

  @Test
  void a_program_cancels_what_it_delegated() throws Exception {
    errand.register(
        Agent.named("sleeper")
            .program(
                scope -> {
                  scope.sleep(HOUR);
                  return null;
                })
            .build());
    var program = Agent.named("program").program(StopTest::delegateAndCancel).build();
    var job = start().submit(program);

    assertThat(job.await(LONG).value(String.class)).isEqualTo("cancelled");
  }

  private static Object delegateAndCancel(JobScope scope) {
    var child = scope.start(SubTaskSpec.of("sleeper"));
    scope.cancel(child, "enough");
    return child.await().error().orElseThrow().kind().code();
  }

  // Deadlines

  @Test
  void a_job_and_all_below_it_end_at_its_deadline() throws Exception {
    var job =
        start()
            .submit(
                parent(),
                spec ->
                    spec.code("delegate(lambda: callback('go').result, time_limit=1e9).result")
                        .timeout(HOUR));
    Awaitility.await().atMost(LONG).until(() -> job.callbacks().size() == 1);
    awaitSuspended(job);
    clock.advance(HOUR.minusMillis(1));
    assertThat(job.outcome()).isEmpty();
    clock.advance(Duration.ofMillis(1));

    assertThat(job.await(LONG)).isInstanceOf(Outcome.TimedOut.class);
    assertThat(job.children().getFirst().await(LONG)).isInstanceOf(Outcome.TimedOut.class);
    assertThat(count(job.children().getFirst(), Entry.Kind.SUBTASK_TIMED_OUT)).isEqualTo(1);
  }

  @Test
  void code_that_runs_is_stopped_at_the_deadline_too() throws Exception {
    var job =
        start()
            .submit(parent(), spec -> spec.code("note(text='in')\nwhile True: pass").timeout(HOUR));
    Awaitility.await().atMost(LONG).until(() -> !noted.isEmpty());
    clock.advance(HOUR);

    assertThat(job.await(LONG)).isInstanceOf(Outcome.TimedOut.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "delegate(lambda: callback('go').result, time_limit=60)",
        "create_sub_task(create_new_job('parent', None, None, CODE, time_limit=60))",
        "delegate_task('parent', CODE, time_limit=60)"
      })
  void a_parent_hears_that_what_it_delegated_took_too_long(String delegated) throws Exception {
    var job =
        run(
            """
            CODE = "callback('go').result"
            slow = %s
            try:
                slow.result if isinstance(slow, SubTaskHandler) else slow.value
            except SubTaskError:
                exit(slow.error.kind)
            """
                .formatted(delegated));
    awaitSuspended(job);
    Awaitility.await().atMost(LONG).until(() -> job.callbacks().size() == 1);
    clock.advance(Duration.ofMinutes(1));

    assertThat(job.await(LONG).value(String.class)).isEqualTo("timed_out");
  }

  @Test
  void a_job_that_timed_out_goes_on_for_a_message() throws Exception {
    Model model = request -> new Model.Reply(asked.add(request) ? "done" : "", Usage.NONE);
    var agent = Agent.named("speaker").model(model).build();
    var job = start().submit(agent, spec -> spec.code("sleep(7200)").timeout(HOUR));
    awaitSuspended(job);
    clock.advance(HOUR);
    assertThat(job.await(LONG)).isInstanceOf(Outcome.TimedOut.class);
    job.say("And now?");

    Awaitility.await()
        .atMost(LONG)
        .until(() -> job.outcome().filter(Outcome.Succeeded.class::isInstance).isPresent());
  }

  // Asking

  @Test
  void a_job_that_is_asked_to_stop_has_one_more_turn() throws Exception {
    var job =
        converse(
            python("found = 20\nchild = delegate(lambda: callback('go').result)\nchild.result"),
            "I found 20.");
    awaitSuspended(job);
    Awaitility.await().atMost(LONG).until(() -> job.callbacks().size() == 1);
    job.askToStop("the customer left");

    assertThat(job.await(LONG))
        .isEqualTo(new Outcome.Cancelled("the customer left", Value.of("I found 20.")));
    assertThat(asked.getLast().messages().getLast().text()).contains("the customer left");
    assertThat(job.children().getFirst().await(LONG)).isInstanceOf(Outcome.Cancelled.class);
  }

  @Test
  void code_of_the_last_turn_is_carried_out_and_its_exit_value_counts() throws Exception {
    var job = converse(python("n = 20\ncallback('go').result"), python("exit(n + 1)"));
    awaitSuspended(job);
    job.askToStop("enough");

    assertThat(job.await(LONG)).isEqualTo(new Outcome.Cancelled("enough", Value.of(21)));
  }

  @Test
  void after_the_last_turn_there_is_none() throws Exception {
    var last = python("n += 1");
    var job = converse(python("n = 20\ncallback('go').result"), last, "one too many");
    awaitSuspended(job);
    job.askToStop("enough");

    assertThat(job.await(LONG)).isEqualTo(new Outcome.Cancelled("enough", Value.of(last)));
    assertThat(asked).hasSize(2);
  }

  @Test
  void a_job_without_a_model_is_not_asked() {
    var job = run("callback('go').result");
    assertThatThrownBy(() -> job.askToStop("enough")).isInstanceOf(SignalRefusedException.class);
  }
}
