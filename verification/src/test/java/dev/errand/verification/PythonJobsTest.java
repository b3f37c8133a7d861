package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Entry;
import dev.errand.job.Outcome;
import dev.errand.job.TaskError;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Python parents and children, with waiting processes kept, given up, and killed.
@ParameterizedClass
@EnumSource(Waiting.class)
class PythonJobsTest {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final CPythonRuntime RUNTIME = CPythonRuntime.create();
  private final Waiting waiting;
  private final Errand errand;

  PythonJobsTest(Waiting waiting) {
    this.waiting = waiting;
    this.errand =
        Errand.builder()
            .store(new MemoryStore(InstantSource.system()))
            .runtime(waiting.over(RUNTIME))
            .open();
  }

  @AfterEach
  void close() {
    errand.close();
  }

  @AfterAll
  static void stop() {
    RUNTIME.close();
  }

  private Job submit(String... blocks) {
    errand.worker().concurrency(4).warmJobs(waiting.warmJobs()).start();
    return errand.submit(
        Agent.named("main").build(),
        spec -> {
          for (var block : blocks) {
            spec.code(block);
          }
          return spec;
        });
  }

  private Object value(String... blocks) throws InterruptedException {
    var outcome = submit(blocks).await(LONG);
    assertThat(outcome).isInstanceOf(Outcome.Succeeded.class);
    return outcome.value(Object.class);
  }

  private static String console(Job job) {
    return job.history(0, 1000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.CONSOLE)
        .map(entry -> entry.data().text("text").orElseThrow())
        .collect(Collectors.joining());
  }

  @Test
  void a_loop_over_handlers_adds_each_result_once() throws Exception {
    assertThat(
            value(
                """
                def double(n):
                    return 2 * n

                total = 0
                for t in [delegate(double, n) for n in range(10)]:
                    total += t.result
                exit(total)
                """))
        .isEqualTo(90);
  }

  @Test
  void what_cannot_be_kept_has_a_receipt_in_the_history_and_is_told_once() throws Exception {
    var job =
        submit("numbers = (n for n in range(9))\nfirst = next(numbers)", "next(numbers)", "1");
    job.await(LONG);
    assertThat(job.history(0, 1000).stream().filter(e -> e.kind() == Entry.Kind.RECEIPT))
        .singleElement()
        .satisfies(
            receipt -> {
              assertThat(receipt.turn()).isZero();
              assertThat(receipt.data().text("variable")).hasValue("numbers");
              assertThat(receipt.data().text("text").orElseThrow())
                  .contains("'numbers' (generator)", "cannot be kept", "cannot pickle");
            });
  }

  @Test
  void a_function_of_the_block_can_be_delegated_again_after_a_wait() throws Exception {
    assertThat(
            value(
                """
                def half(n):
                    return n // 2

                a = delegate(half, 8).result
                b = delegate(half, 6).result
                exit([a, b])
                """))
        .isEqualTo(List.of(4, 3));
  }

  @Test
  void equal_texts_that_were_one_object_do_not_make_a_replay_diverge() throws Exception {
    assertThat(value("def f(x):\n    return x\n\nx = 'f'", "exit(delegate(f, x).result)"))
        .isEqualTo("f");
  }

  @Test
  void an_instance_of_a_class_of_the_job_comes_back_as_one() throws Exception {
    assertThat(
            value(
                """
                class Point:
                    def __init__(self, x):
                        self.x = x

                def move(point, by):
                    return Point(point.x + by)
                """,
                """
                p = delegate(move, Point(1), 2).result
                q = delegate(move, p, 3).result
                exit([isinstance(q, Point), q.x])
                """))
        .isEqualTo(List.of(true, 6));
  }

  @Test
  void a_delegated_function_may_delegate_in_turn() throws Exception {
    assertThat(
            value(
                """
                def tree(depth):
                    if depth == 0:
                        return 1
                    return sum(t.result for t in wait_all([delegate(tree, depth - 1) for _ in range(3)]))

                exit(delegate(tree, 2).result)
                """))
        .isEqualTo(9);
  }

  @Test
  void a_subtask_factory_that_prints_between_creating_and_returning_loses_no_handler()
      throws Exception {
    assertThat(
            value(
                """
                worker = agent("counter")

                @subtask
                def count(text, **kwargs):
                    job = create_new_job(worker, shared_vars={"text": text},
                                         warmup_code="complete_sub_task(result=len(text)); exit('done')")
                    for i in range(200):
                        print("working on it", i)
                    return job

                exit([count("a" * n, id=n).result for n in range(1, 6)])
                """))
        .isEqualTo(List.of(1, 2, 3, 4, 5));
  }

  @Test
  void what_surrounds_a_wait_never_sees_it() throws Exception {
    var job =
        submit(
            """
            def one():
                return 1

            h = delegate(one)
            try:
                x = h.result
            except BaseException as e:
                print("seen", e)
            finally:
                print("finally", x)
            print("after")
            """);
    job.await(LONG);
    assertThat(console(job)).isEqualTo("finally 1\nafter\n");
  }

  @Test
  void exit_ends_the_job_at_once_wherever_it_stands() throws Exception {
    var job =
        submit(
            """
            def leave():
                try:
                    if True:
                        exit("early")
                finally:
                    print("never")

            leave()
            print("never either")
            """);
    assertThat(job.await(LONG).value(String.class)).isEqualTo("early");
    assertThat(console(job)).isEmpty();
  }

  @Test
  void a_child_that_exits_without_completing_ends_its_handler_with_the_reason() throws Exception {
    var job =
        submit(
            """
            h = create_sub_task(create_new_job(agent("quitter"), warmup_code="exit('bye')"), id="q")
            try:
                h.result
            except SubTaskError as error:
                exit(str(error))
            """);
    assertThat(job.await(LONG).value(String.class)).contains("without completing").contains("bye");
  }

  @Test
  void what_a_root_printed_before_it_tried_to_complete_a_handler_is_kept() throws Exception {
    var job = submit("print('so far')\ncomplete_sub_task(result=1)");
    assertThat(job.await(LONG)).isInstanceOf(Outcome.Failed.class);
    assertThat(console(job)).isEqualTo("so far\n");
  }

  @Test
  void a_function_that_raises_fails_its_handler_and_nothing_else() throws Exception {
    assertThat(
            value(
                """
                def broken(n):
                    return 1 // n

                tasks = [delegate(broken, n) for n in (1, 0)]
                wait_all(tasks)
                exit([str(t.state.name) for t in tasks] + [tasks[1].error.err_message])
                """))
        .isEqualTo(
            List.of("COMPLETED", "ERROR", "ZeroDivisionError: integer division or modulo by zero"));
  }

  @Test
  void a_delegated_function_may_delete_a_variable_that_it_does_not_read() throws Exception {
    assertThat(
            value(
                """
                spare = 1
                def tidy():
                    global spare
                    del spare
                    return "tidy"

                exit([delegate(tidy).result, spare])
                """))
        .isEqualTo(List.of("tidy", 1));
  }

  @Test
  void a_second_handler_of_the_same_id_is_refused() throws Exception {
    var outcome =
        submit("def f():\n    return 1\n\ndelegate(f, id='a')\ndelegate(f, id='a')").await(LONG);
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.error().message()).contains("is taken by job"));
  }

  @Test
  void a_runaway_block_is_stopped_and_named() throws Exception {
    errand.worker().concurrency(4).warmJobs(waiting.warmJobs()).start();
    var agent = Agent.named("main").blockTime(Duration.ofMillis(300)).build();
    var outcome =
        errand.submit(agent, spec -> spec.code("n = 0\nwhile True:\n    n += 1")).await(LONG);
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.error().kind()).isEqualTo(TaskError.Kind.LIMIT));
  }

  @Test
  void a_java_program_can_be_delegated_to_with_plain_variables() throws Exception {
    errand.register(Agent.named("adder").program(job -> job.var("a", Integer.class) + 1).build());
    assertThat(
            value(
                "h = create_sub_task(create_new_job(agent('adder'), shared_vars={'a': 41}))\n"
                    + "exit(h.result)"))
        .isEqualTo(42);
  }

  @Test
  void a_tool_that_fails_with_an_error_of_java_is_an_exception_in_python() throws Exception {
    var tool =
        ToolFunction.of(
            "explode",
            "",
            List.of(),
            call -> {
              throw new AssertionError("boom");
            });
    errand.worker().warmJobs(waiting.warmJobs()).start();
    var code = "try:\n    explode()\nexcept Exception as error:\n    exit(str(error))";
    var job = errand.submit(Agent.named("main").tools(tool).build(), spec -> spec.code(code));
    assertThat(job.await(LONG).value(String.class)).contains("boom");
  }
}
