package dev.errand.verification.statek;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.job.Entry;
import dev.errand.job.JobStatus;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Futures over handlers, timers, callbacks and jobs, with the process of a job that waits kept,
/// given up and killed.
@ParameterizedClass
@EnumSource(Waiting.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FuturesTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();

  private final ManualClock clock = ManualClock.create();
  private final Errand errand;

  FuturesTest(Waiting waiting) {
    this.errand =
        Errand.builder()
            .store(new MemoryStore(clock))
            .clock(clock)
            .runtime(waiting.over(PYTHON))
            .open();
    errand.worker().warmJobs(waiting.warmJobs()).poll(Duration.ofMillis(5)).start();
  }

  @AfterEach
  void close() {
    errand.close();
  }

  @AfterAll
  static void closeRuntime() {
    PYTHON.close();
  }

  private Job run(String... code) {
    return errand.submit(
        Agent.named("parent").build(),
        spec -> {
          for (var block : code) {
            spec.code(block);
          }
          return spec;
        });
  }

  private Job suspended(String... code) {
    var job = run(code);
    Awaitility.await().atMost(LONG).until(() -> job.record().status() == JobStatus.SUSPENDED);
    return job;
  }

  private static String printed(Job job) {
    return AgentCode.printed(job);
  }

  @Test
  void any_is_over_with_the_first_end_whatever_stands_first() {
    var job =
        suspended(
            """
            def seven():
                return 7

            never = callback("never")
            first = get_any(never, timer(1e6), delegate(seven))
            print(first.value, never.is_completed)
            print(get_any(get_all(never), get_any(never, callback("soon"))).value)
            """);
    Awaitility.await().atMost(LONG).until(() -> job.children().size() == 3);
    job.answer("soon", "now");
    assertThat(printed(job)).isEqualTo("7 False\nnow\n");
  }

  @Test
  void all_is_over_with_the_last_end_and_gives_all_values_in_order() {
    var job =
        suspended(
            """
            def half(n):
                return n // 2

            both = get_all(delegate(half, 8), callback("ask"), timer(60), get_any(delegate(half, 6)))
            print(both.value)
            number, answer, _, other = both
            print(number.value, answer.value, other.value)
            """);
    job.answer("ask", "yes");
    Awaitility.await()
        .atMost(LONG)
        .until(
            () -> {
              clock.advance(Duration.ofSeconds(10));
              return job.outcome().isPresent();
            });
    assertThat(printed(job)).isEqualTo("(4, 'yes', None, 3)\n4 yes 3\n");
  }

  @Test
  void a_set_is_any_and_a_tuple_is_all() {
    var job =
        suspended(
            """
            a, b, c = callback("a"), callback("b"), callback("c")
            future = FutureResult(({a, b}, c), 1)
            print(future.check_condition(), future.state_num)
            print(future.value)
            print(a.is_completed)
            """);
    job.answer("b", "B");
    job.answer("c", "C");
    assertThat(printed(job)).isEqualTo("False 1\n('B', 'C')\nFalse\n");
  }

  @Test
  void a_condition_is_asked_when_something_has_ended() {
    var job =
        suspended(
            """
            asked = []

            def condition(future):
                asked.append(1)
                return sum(one.is_completed for one in future.deps) >= 2

            def complement(future):
                return sorted(one.result for one in future.deps if one.is_completed)

            @temporal(complement, condition)
            def two_of(*deps):
                return FutureResult(set(deps), 0)

            print(two_of(callback("a"), callback("b"), callback("c")).value, len(asked) < 10)
            """);
    job.answer("c", 3);
    job.answer("a", 1);
    assertThat(printed(job)).isEqualTo("[1, 3] True\n");
  }

  @Test
  void futures_are_waited_for_beside_handlers() {
    var job =
        suspended(
            """
            def seven():
                return 7

            slow, task = get_all(callback("x"), callback("y")), delegate(seven)
            print([one is task for one in as_completed(slow, task)])
            print(wait_any(slow) is slow, wait_all(slow, task) == [slow, task], slow.value)
            """);
    job.answer("x", 1);
    job.answer("y", 2);
    assertThat(printed(job)).isEqualTo("[True, False]\nTrue True (1, 2)\n");
  }

  @Test
  void futures_survive_from_block_to_block() {
    var job =
        suspended(
            """
            from typing import Tuple

            def pair(future) -> Tuple[str, int]:
                return (future.deps.result, future.state_num)

            @temporal(complement=pair, condition=lambda future: future.deps.is_completed)
            def ask(name):
                return FutureResult(callback(name), 5)

            future = ask("who")
            """,
            "who, state = future\nprint(who.value, state.value)",
            "print(future.value)");
    job.answer("who", "me");
    assertThat(printed(job)).isEqualTo("me 5\n('me', 5)\n");
  }

  @Test
  void a_wait_for_a_future_runs_out_of_time() {
    var job =
        suspended(
            """
            future = get_all(callback("never"))
            try:
                wait_all(future, timeout=60)
            except TimeoutError as late:
                print("late", future.is_completed)
            """);
    clock.advance(Duration.ofMinutes(1));
    assertThat(printed(job)).isEqualTo("late False\n");
  }

  @Test
  void coroutines_await_futures() {
    var job =
        suspended(
            """
            import asyncio

            async def first(*names):
                return await get_any(*map(callback, names))

            print(await asyncio.gather(first("a", "b"), first("c"), get_all(callback("d"))))
            """);
    job.answer("b", "B");
    job.answer("d", "D");
    job.answer("c", "C");
    assertThat(printed(job)).isEqualTo("['B', 'C', ('D',)]\n");
  }

  @Test
  void a_delegated_job_delivers_by_its_exit_value_and_is_no_sub_task() {
    var job =
        run(
            """
            rate = 3
            future = delegate_task(agent("worker"), "exit(rate * by)", shared_vars={"by": 4})
            value, child = future.value
            print(value, child == future.job, child.parent_job == current_job(), sub_tasks())
            parts = [part.value for part in delegate_task(agent("worker"), "exit('ok')")]
            print(parts[0], parts[1].id.rpartition(".")[2])
            """);
    assertThat(printed(job)).isEqualTo("12 True True []\nok 2\n");
    assertThat(job.children().getFirst().history(0, 100))
        .extracting(Entry::kind)
        .containsSubsequence(Entry.Kind.JOB_ENDED, Entry.Kind.SUBTASK_COMPLETED);
  }

  @Test
  void a_job_without_a_handler_can_be_depended_on() {
    var job =
        run(
            """
            jobs = submit_new_jobs_batch(agent("worker"), [{"n": 1}, None])
            made = create_new_job(agent("worker"), {"n": 5}, warmup_code="exit(n)")
            print(FutureResult(made).value, get_all(*jobs).value, get_any(made).value)
            """);
    assertThat(printed(job)).isEqualTo("5 (None, None) 5\n");
  }

  @Test
  void what_is_printed_of_a_future_starts_no_second_job() {
    var job =
        run(
            """
            print(delegate_task(agent("worker"), "exit(1)").value[0])
            """);
    assertThat(printed(job)).isEqualTo("1\n");
    assertThat(job.children()).hasSize(1);
  }
}
