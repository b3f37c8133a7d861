package dev.errand.verification;

import static dev.errand.verification.Recorded.python;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.job.Entry;
import dev.errand.job.JobStatus;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.SubTaskState;
import dev.errand.job.UnfinishedException;
import dev.errand.job.UnknownJobException;
import dev.errand.job.Usage;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// What reaches a job from outside, with the process of a job that waits kept, given up and killed:
/// moments, answers, messages, and the ends of subtasks when the job is done.
@ParameterizedClass
@EnumSource(Waiting.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SignalsTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();

  private final Waiting waiting;
  private final ManualClock clock = ManualClock.create();
  private final List<Model.Request> asked = Collections.synchronizedList(new ArrayList<>());
  private final Errand errand;

  SignalsTest(Waiting waiting) {
    this.waiting = waiting;
    this.errand =
        Errand.builder()
            .store(new MemoryStore(clock))
            .clock(clock)
            .runtime(waiting.over(PYTHON))
            .open();
  }

  @AfterEach
  void close() {
    errand.close();
  }

  @AfterAll
  static void closeRuntime() {
    PYTHON.close();
  }

  private Errand start() {
    errand.register(Agent.named("echo").program(job -> job.var("n", Integer.class)).build());
    errand.worker().warmJobs(waiting.warmJobs()).poll(Duration.ofMillis(5)).start();
    return errand;
  }

  private Job run(String... code) {
    var agent = Agent.named("parent").build();
    return start()
        .submit(
            agent,
            spec -> {
              var with = spec;
              for (var block : code) {
                with = with.code(block);
              }
              return with;
            });
  }

  /// A job whose model says these lines in order, by how much it has said already.
  private Job converse(String... lines) {
    return start().submit(Agent.named("speaker").model(Recorded.replying(asked, lines)).build());
  }

  private static void awaitStatus(Job job, JobStatus status) {
    Awaitility.await().atMost(LONG).until(() -> job.record().status() == status);
  }

  private static String console(Job job) {
    return job.history(0, 1000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.CONSOLE)
        .map(entry -> entry.data().text("text").orElseThrow())
        .collect(Collectors.joining());
  }

  private static long count(Job job, Entry.Kind kind) {
    return job.history(0, 1000).stream().filter(entry -> entry.kind() == kind).count();
  }

  // Moments

  @Test
  void a_job_that_sleeps_goes_on_when_its_time_has_come() throws Exception {
    var job = run("print('before')\nsleep(3600)\nprint('after')\nexit(1)");
    awaitStatus(job, JobStatus.SUSPENDED);
    clock.advance(HOUR.minusMillis(1));
    assertThat(job.outcome()).isEmpty();
    clock.advance(Duration.ofMillis(1));

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(1);
    assertThat(console(job)).isEqualTo("before\nafter\n");
  }

  @Test
  void a_wait_with_a_timeout_raises_when_that_has_passed_and_can_be_taken_up_again()
      throws Exception {
    var go = new CountDownLatch(1);
    start();
    errand.register(
        Agent.named("slow")
            .program(
                scope -> {
                  go.await();
                  return 7;
                })
            .build());
    var job =
        errand.submit(
            Agent.named("parent").build(),
            spec ->
                spec.code(
                    """
                    h = create_sub_task(create_new_job(agent("slow")), id="slow")
                    try:
                        wait_all(h, timeout=60)
                    except TimeoutError as late:
                        print(late)
                    exit(h.result)
                    """));
    awaitStatus(job, JobStatus.SUSPENDED);
    clock.advance(Duration.ofSeconds(60));
    Awaitility.await().atMost(LONG).until(() -> !console(job).isEmpty() || isDroppedOrKilled());
    go.countDown();

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(7);
    assertThat(console(job)).startsWith("After 60 s these have not ended: <SubTaskHandler");
  }

  /// What such a job printed is committed when it next rests.
  private boolean isDroppedOrKilled() {
    return waiting != Waiting.KEPT;
  }

  @Test
  void timers_can_be_waited_for_beside_handlers() throws Exception {
    var job =
        run(
            """
            bell, later = timer(10), timer(20)
            h = create_sub_task(create_new_job(agent("echo"), shared_vars={"n": 5}))
            order = [repr(one)[:6] for one in as_completed(later, h, bell)]
            assert bell.is_completed and wait_any(later) is later and wait_all(bell, h) == [bell, h]
            exit(order)
            """);
    awaitStatus(job, JobStatus.SUSPENDED);
    Awaitility.await()
        .atMost(LONG)
        .until(
            () -> {
              clock.advance(Duration.ofSeconds(1));
              return job.outcome().isPresent();
            });

    assertThat(job.await(LONG).value(Object[].class)).containsExactly("<SubTa", "<Timer", "<Timer");
  }

  @Test
  void a_coroutine_sleeps_without_holding_a_worker() throws Exception {
    var job =
        run(
            """
            import asyncio
            async def nap(seconds, name):
                await asyncio.sleep(seconds)
                return name
            callback("a checkpoint follows this")
            exit(await asyncio.gather(nap(7200, "long"), nap(3600, "short")))
            """);
    awaitStatus(job, JobStatus.SUSPENDED);
    Awaitility.await()
        .atMost(LONG)
        .until(
            () -> {
              clock.advance(Duration.ofMinutes(20));
              return job.outcome().isPresent();
            });

    assertThat(job.await(LONG).value(Object[].class)).containsExactly("long", "short");
  }

  @Test
  void a_java_program_sleeps_and_waits_for_so_long_at_most() throws Exception {
    start();
    var job =
        errand.submit(
            Agent.named("sleeper")
                .program(
                    scope -> {
                      scope.sleep(HOUR);
                      var question = scope.callback("never");
                      try {
                        question.await(HOUR);
                      } catch (UnfinishedException late) {
                        scope.print("late");
                      }
                      return question.state() == SubTaskState.WAITING;
                    })
                .build());
    Awaitility.await()
        .atMost(LONG)
        .until(
            () -> {
              clock.advance(Duration.ofMinutes(10));
              return job.outcome().isPresent();
            });

    assertThat(job.await(LONG).value(Boolean.class)).isTrue();
    assertThat(console(job)).isEqualTo("late\n");
  }

  // Answers

  @Test
  void a_callback_is_answered_once() throws Exception {
    var job =
        run(
            """
            approval = callback("approve-payment")
            print("asked", approval.state)
            if approval.result == {"ok": True}:
                print("paid")
            assert callback("approve-payment") == approval
            exit(str(approval.state))
            """);
    awaitStatus(job, JobStatus.SUSPENDED);
    job.answer("approve-payment", Map.of("ok", true));
    assertThatThrownBy(() -> job.answer("approve-payment", false))
        .isInstanceOf(SignalRefusedException.class)
        .hasMessageContaining("has ended already: COMPLETED");
    assertThatThrownBy(() -> job.answer("approve-paiment", false))
        .isInstanceOf(UnknownJobException.class)
        .hasMessageContaining("no callback 'approve-paiment'");

    assertThat(job.await(LONG).value(String.class)).isEqualTo("COMPLETED");
    assertThat(console(job)).isEqualTo("asked WAITING\npaid\n");
  }

  @Test
  void a_callback_that_is_refused_raises() throws Exception {
    var job =
        run("try:\n    callback('ask').result\nexcept SubTaskError as no:\n    exit(str(no))");
    awaitStatus(job, JobStatus.SUSPENDED);
    job.refuse("ask", "nobody knows");

    assertThat(job.await(LONG).value(String.class)).isEqualTo("nobody knows");
  }

  @Test
  void callbacks_are_no_sub_tasks_and_can_be_waited_for_like_them() throws Exception {
    var job =
        run(
            """
            h = create_sub_task(create_new_job(agent("echo"), shared_vars={"n": 5}), id="ask")
            asked = [callback(name) for name in ("ask", "other")]
            assert [one.id for one in sub_tasks()] == ["ask"]
            first = wait_any(*asked)
            exit([first.name, first.result, find_sub_task_handler(id="ask").result])
            """);
    awaitStatus(job, JobStatus.SUSPENDED);
    job.answer("other", 1);

    assertThat(job.await(LONG).value(Object[].class)).containsExactly("other", 1, 5);
  }

  // Messages

  @Test
  void a_message_is_read_at_the_next_turn() throws Exception {
    var job = converse(python("x = callback('go').result"), python("exit('heard')"));
    awaitStatus(job, JobStatus.SUSPENDED);
    job.say("Never mind the callback.");

    assertThat(job.await(LONG).value(String.class)).isEqualTo("heard");
    var told = asked.getLast().messages().getLast().text();
    assertThat(told)
        .contains("Never mind the callback.")
        .contains("The code was stopped while it waited for job " + job.id() + ".1");
    assertThat(count(job, Entry.Kind.MESSAGE)).isEqualTo(1);
  }

  @Test
  void variables_of_a_statement_that_a_message_stopped_are_as_they_were_before_it()
      throws Exception {
    var job =
        converse(
            python("n = 1"),
            python("n = 2\nn = callback('go').result"),
            python("exit([n, str(callback('go').state)])"));
    awaitStatus(job, JobStatus.SUSPENDED);
    job.say("Stop.");

    assertThat(job.await(LONG).value(Object[].class)).containsExactly(2, "WAITING");
  }

  @Test
  void a_message_revives_a_job_that_is_done_with_its_variables() throws Exception {
    var job =
        converse(
            python("n = 20\nexit(n)"), python("exit(n + 1)"), "Good bye.", python("exit(n + 2)"));
    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(20);
    job.say("And one more?");
    Awaitility.await().atMost(LONG).until(() -> count(job, Entry.Kind.JOB_ENDED) == 2);
    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(21);
    job.say("Thank you.");
    Awaitility.await().atMost(LONG).until(() -> count(job, Entry.Kind.JOB_ENDED) == 3);
    assertThat(job.await(LONG).value(String.class)).isEqualTo("Good bye.");
    job.say("Wait.");
    Awaitility.await().atMost(LONG).until(() -> count(job, Entry.Kind.JOB_ENDED) == 4);

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(22);
    assertThat(asked.get(1).messages().getLast().text()).contains("And one more?");
  }

  @Test
  void a_job_without_a_model_takes_no_message() throws Exception {
    var job = run("exit(callback('go').result)");
    assertThatThrownBy(() -> job.say("hello"))
        .isInstanceOf(SignalRefusedException.class)
        .hasMessageContaining("no model");
  }

  // Between parent and subtask

  @Test
  void a_parent_tells_its_subtask_something() throws Exception {
    errand.register(
        Agent.named("listener")
            .model(
                request -> {
                  asked.add(request);
                  boolean told = request.messages().getLast().text().contains("Use euros.");
                  return new Model.Reply(
                      told
                          ? python("complete_sub_task(result='euros')\nexit()")
                          : python("callback('x').result"),
                      Usage.NONE);
                })
            .build());
    var job =
        run(
            """
            child = create_sub_task(create_new_job(agent('listener')), id='l')
            ready = callback('ready').result
            place = tell(child, 'Use euros.')
            exit([type(place).__name__, child.result])
            """);
    Awaitility.await().atMost(LONG).until(() -> job.callbacks().size() == 2);
    awaitStatus(job.children().getFirst(), JobStatus.SUSPENDED);
    job.answer("ready", true);

    assertThat(job.await(LONG).value(Object[].class)).containsExactly("int", "euros");
    var child = job.children().getFirst();
    assertThat(count(child, Entry.Kind.SIGNAL)).isEqualTo(1);
    assertThat(count(child, Entry.Kind.MESSAGE)).isEqualTo(1);
  }

  @Test
  void what_a_statement_told_and_cancelled_before_it_waited_is_not_done_again() throws Exception {
    errand.register(
        Agent.named("listener")
            .model(request -> new Model.Reply(python("callback('x').result"), Usage.NONE))
            .build());
    var job =
        run(
            """
            other = delegate(lambda: callback('other').result)
            child = create_sub_task(create_new_job(agent('listener')), id='l')
            ready = callback('ready').result
            exit([tell(child, 'Use euros.'), cancel(other), callback('go').result])
            """);
    Awaitility.await().atMost(LONG).until(() -> job.callbacks().size() == 3);
    job.answer("ready", true);
    Awaitility.await()
        .atMost(LONG)
        .until(() -> job.callbacks().stream().anyMatch(callback -> callback.name().equals("go")));
    awaitStatus(job, JobStatus.SUSPENDED);
    job.answer("go", "went");

    var told = job.await(LONG).value(Object[].class);
    var child = job.children().get(1);
    var signals =
        child.history(0, 1000).stream().filter(entry -> entry.kind() == Entry.Kind.SIGNAL).toList();
    assertThat(signals).hasSize(1);
    assertThat(((Number) told[0]).longValue()).isEqualTo(signals.getFirst().sequence());
    assertThat(told[2]).isEqualTo("went");
    assertThat(count(job.children().getFirst(), Entry.Kind.JOB_STOPPING)).isEqualTo(1);
  }

  @Test
  void a_subtask_that_is_done_is_told_if_the_parent_wishes_so() throws Exception {
    errand.register(
        Agent.named("listener").model(request -> new Model.Reply("Heard.", Usage.NONE)).build());
    var job =
        run(
            """
            child = create_new_job(agent('listener'))
            task = create_sub_task(child)
            wait_all(task)
            try:
                tell(child, 'One more.', revive=False)
            except RuntimeError as error:
                said = str(error)
            tell(child, 'One more.')
            exit(said)
            """);

    assertThat(job.await(LONG).value(String.class)).contains("is done");
    var child = job.children().getFirst();
    Awaitility.await().atMost(LONG).until(() -> count(child, Entry.Kind.JOB_ENDED) == 2);
    assertThat(count(child, Entry.Kind.SIGNAL)).isEqualTo(1);
  }

  @Test
  void a_job_tells_only_those_below_it() throws Exception {
    var job =
        run(
            """
            def other(handler):
                tell(handler, 'psst')
            a = delegate(lambda: callback('a').result)
            b = delegate(other, a)
            wait_all(b)
            exit(b.error.err_message)
            """);

    assertThat(job.await(LONG).value(String.class)).contains("is not below job");
  }

  @Test
  void a_model_reads_what_its_subtasks_last_reported() throws Exception {
    var job =
        converse(
            python(
                """
                def work():
                    report_progress('one')
                    report_progress('two')
                    return callback('go').result
                task = delegate(work)
                callback('ready').result
                """),
            python("exit(1)"));
    Awaitility.await().atMost(LONG).until(() -> job.callbacks().size() == 2);
    awaitStatus(job.children().getFirst(), JobStatus.SUSPENDED);
    awaitStatus(job, JobStatus.SUSPENDED);
    job.answer("ready", true);

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(1);
    assertThat(asked.getLast().messages().getLast().text())
        .contains("[Progress] job " + job.id() + ".1: two")
        .doesNotContain(": one");
    assertThat(count(job.children().getFirst(), Entry.Kind.PROGRESS)).isEqualTo(2);
  }

  // Cycles

  @Test
  void a_cycle_of_waits_is_reported_to_the_job_that_would_close_it() throws Exception {
    var job =
        run(
            """
            @durable
            class Board:
                def __init__(self):
                    self.handlers = []

            board = Board()

            def partner(board, n):
                while len(board.handlers) < 2:
                    sleep(0.05)
                try:
                    return "got " + board.handlers[1 - n].result
                except RuntimeError as never:
                    return "refused: " + str(never)

            hs = [delegate(partner, board, n) for n in range(2)]
            board.handlers = hs
            exit(sorted(h.result.split(":")[0] for h in hs))
            """);
    Awaitility.await()
        .atMost(LONG)
        .until(
            () -> {
              clock.advance(Duration.ofSeconds(1));
              return job.outcome().isPresent();
            });

    assertThat(job.await(LONG).value(Object[].class)).containsExactly("got refused", "refused");
  }

  // Ends of subtasks

  private static final String DELEGATE =
      "h = create_sub_task(create_new_job(agent('echo'), shared_vars={'n': 5}), id='five')";

  @Test
  void a_parent_that_is_done_is_told_of_the_end_of_its_subtask() throws Exception {
    var go = new CountDownLatch(1);
    var job =
        converse(
            python(
                "h = create_sub_task(create_new_job(agent('slow')), id='slow')\nexit('started')"),
            python("exit(find_sub_task_handler(id='slow').result)"));
    errand.register(
        Agent.named("slow")
            .program(
                scope -> {
                  go.await();
                  return 7;
                })
            .build());
    assertThat(job.await(LONG).value(String.class)).isEqualTo("started");
    go.countDown();
    Awaitility.await().atMost(LONG).until(() -> count(job, Entry.Kind.JOB_ENDED) == 2);

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(7);
    assertThat(asked.getLast().messages().getLast().text())
        .contains("[Notification] sub-task id=slow completed successfully.");
    assertThat(count(job, Entry.Kind.NOTIFICATION)).isEqualTo(1);
  }

  @Test
  void what_a_model_is_told_of_results_is_capped_and_its_code_has_the_whole() throws Exception {
    var job =
        converse(
            python(
                """
                def long(n):
                    return "x" * 3000

                hs = [delegate(long, n) for n in range(25)]
                while not all(h.is_completed for h in hs):
                    pass
                """),
            python("exit(len(find_sub_task_handler().result))"));

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(3000);
    var told = asked.getLast().messages().getLast().text();
    assertThat(told)
        .contains("xxx… (1000 more characters; the handler's .result is the whole)")
        .contains("5 more sub-tasks ended: 5 completed, 0 failed. sub_tasks() has them all.");
    assertThat(told.lines().filter(line -> line.startsWith("[Notification]"))).hasSize(21);
  }

  @Test
  void a_model_is_not_told_of_what_its_code_was_given() throws Exception {
    var job = converse(python(DELEGATE + "\nexit(h.result)"));

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(5);
    assertThat(count(job, Entry.Kind.NOTIFICATION)).isZero();
    assertThat(asked).hasSize(1);
  }

  @Test
  void an_exit_is_put_off_until_the_model_was_told_of_what_ended() throws Exception {
    var job =
        converse(
            python(DELEGATE + "\nwhile not h.is_completed:\n    pass\nexit('too early')"),
            python("exit([h.result, 'now'])"));

    assertThat(job.await(LONG).value(Object[].class)).containsExactly(5, "now");
    assertThat(count(job, Entry.Kind.JOB_ENDED)).isEqualTo(1);
  }

  @Test
  void the_application_completes_a_handler() throws Exception {
    var job =
        run(
            """
            h = create_sub_task(create_new_job(agent("nobody"), warmup_code="callback('x').result"))
            exit(h.result)
            """);
    awaitStatus(job, JobStatus.SUSPENDED);
    var child = job.children().getFirst();
    child.complete("taken over");

    assertThat(job.await(LONG).value(String.class)).isEqualTo("taken over");
    assertThatThrownBy(() -> child.completeWithError("no"))
        .isInstanceOf(SignalRefusedException.class);
  }
}
