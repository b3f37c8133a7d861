package dev.errand.verification.statek;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Outcome;
import dev.errand.job.TaskError;
import dev.errand.job.Usage;
import dev.errand.verification.Recorded;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Where STATEK is weak (W1 to W22, by their numbers in `docs/deviations.md`), WU01 to WU07, F01,
/// S01, S02 and E01 to E04.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WeakPointsTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final String CHILD =
      """
      def child(code, id=None):
          return create_sub_task(create_new_job(agent("child"), warmup_code=code), id=id)

      def attempt(action):
          try:
              print(action())
          except Exception as error:
              print(type(error).__name__ + ":", error)

      """;

  private final AtomicInteger calls = new AtomicInteger();
  private final List<Model.Request> asked = Collections.synchronizedList(new ArrayList<>());

  @AutoClose
  private final AgentCode code =
      new AgentCode(
          errand ->
              errand.tool(
                  ToolFunction.of(
                      "explode",
                      "",
                      List.of(),
                      call -> {
                        calls.incrementAndGet();
                        throw new IllegalArgumentException("boom");
                      })));

  private String printed(String python) {
    return code.printed(CHILD + python);
  }

  @Test
  void w1_a_child_that_ends_in_whatever_way_ends_its_handler() {
    code.errand()
        .register(
            Agent.named("endless")
                .model(request -> new Model.Reply("```python\n1\n```", Usage.NONE))
                .limits(limits -> limits.withTurns(2))
                .build());
    assertThat(
            printed(
                """
                ends = [
                    child("exit('no result')"),
                    child("1 / 0"),
                    child("callback('x').result.missing if False else undefined"),
                    create_sub_task(create_new_job("endless")),
                    create_sub_task(create_new_job(agent("gone", model="nobody:x"))),
                ]
                for h in wait_all(ends):
                    print(h.state, h.error.kind)
                """))
        .isEqualTo(
            """
            ERROR no_result
            ERROR exception
            ERROR exception
            ERROR limit
            ERROR model
            """);
  }

  @Test
  void w2_handlers_are_waited_for_one_all_or_any() {
    var job =
        code.submit(
            CHILD
                + """
                slow, quick = child("complete_sub_task(result=callback('go').result)"), child("complete_sub_task(result=1)")
                print(wait_any(slow, quick) is quick, get_any(slow, quick).value, slow.peek())
                print(slow.result, [h.result for h in wait_all(slow, quick)])
                """);
    Awaitility.await()
        .atMost(LONG)
        .until(() -> job.waiting().filter(wait -> wait.handlers().equals(slow(job))).isPresent());
    Awaitility.await().atMost(LONG).until(() -> !job.callbacks().isEmpty());
    job.children().getFirst().answer("go", 2);
    assertThat(AgentCode.printed(job)).isEqualTo("True 1 None\n2 [2, 1]\n");
  }

  /// The first child, which must be all that the job still waits for.
  private static List<JobId> slow(Job job) {
    return List.of(job.id().child(1));
  }

  @Test
  void w11_neither_reaches_into_the_other() {
    assertThat(
            printed(
                """
                secret = "of the parent"
                h = child("complete_sub_task(result=[hasattr(sub_task_handler.job, name) for name in ('py_env', 'local_state')] + [current_job().parent])")
                print(h.result[:2], h.result[2] == current_job().id)
                attempt(lambda: h.complete(result="forged"))
                attempt(lambda: h.job.local_state)
                """))
        .isEqualTo(
            """
            [False, False] True
            RuntimeError: Only the job itself can complete its sub-task; this is the handle of the job that delegated it
            AttributeError: 'Job' object has no attribute 'local_state'
            """);
  }

  @Test
  void w12_the_current_job_is_the_parent_and_completing_needs_no_tool() {
    assertThat(
            printed(
                "h = child('complete_sub_task(result=1)')\n"
                    + "print(h.job.parent_job == current_job(), h.result)"))
        .isEqualTo("True 1\n");
  }

  @Test
  void w13_delegation_copies_the_callers_locals_and_nothing_else() {
    var job =
        code.submit(
            """
            outside, unrelated = 1, 2

            def caller():
                local = 3
                return delegate_task(agent("child"), "exit([outside, local])", topic="x")

            print(caller().value[0])
            print(delegate_task(agent("child"), "exit(5)").value[0])
            """);
    assertThat(AgentCode.printed(job)).isEqualTo("[1, 3]\n5\n");
    assertThat(job.children()).hasSize(2);
    var definition =
        code.errand()
            .store()
            .definition(job.children().getFirst().record().definition())
            .orElseThrow();
    assertThat(definition.parameters().print()).isEqualTo("{\"topic\":\"x\"}");
  }

  /// W14, T079: what failed raises, with the error's words.
  @Test
  void w14_a_delegation_whose_warmup_fails_is_no_success() {
    assertThat(
            printed(
                """
                for delegated in (delegate_task(agent("c"), "1 / 0"), delegate_mute_task(agent("c"), "1 / 0")):
                    attempt(lambda: delegated.value)
                    print(delegated.error.kind, delegated.is_completed)
                """))
        .isEqualTo(
            """
            SubTaskError: ZeroDivisionError: division by zero
            exception True
            SubTaskError: ZeroDivisionError: division by zero
            exception True
            """);
  }

  @Test
  void w17_a_tool_that_raises_is_called_once() {
    assertThat(printed("attempt(explode)")).isEqualTo("ToolError: explode: boom\n");
    assertThat(calls).hasValue(1);
  }

  /// W19, WU05: a warm-up that waits is neither a failure nor carried out anew.
  @Test
  void w19_a_warmup_that_waits_is_carried_out_once() {
    var job =
        code.submit(
            speaker("```python\nexit(x)\n```"),
            spec -> spec,
            "print('before')",
            "x = callback('go').result\nprint('after')");
    awaitSuspended(job);
    job.answer("go", 5);
    assertThat(AgentCode.outcome(job).value(Integer.class)).isEqualTo(5);
    assertThat(AgentCode.console(job)).isEqualTo("before\nafter\n");
    assertThat(asked).hasSize(1);
  }

  private Agent speaker(String... replies) {
    return Agent.named("speaker").model(Recorded.replying(asked, replies)).build();
  }

  private static void awaitSuspended(Job job) {
    Awaitility.await().atMost(LONG).until(() -> job.record().status() == JobStatus.SUSPENDED);
  }

  /// W20, F01, W15: what came before a wait is neither lost nor done again.
  @Test
  void w20_f01_statements_before_a_wait_are_carried_out_once() {
    var counted = new AtomicInteger();
    var count =
        ToolFunction.of("count", "", List.of(), call -> counted.incrementAndGet())
            .policy(EffectPolicy.IDEMPOTENT);
    var job =
        code.submit(
            Agent.named("main").tools(count).build(),
            spec -> spec,
            "n = count()\nprint('before', n)\nprint('got', callback('go').result, n)");
    awaitSuspended(job);
    job.answer("go", 7);
    assertThat(AgentCode.printed(job)).isEqualTo("before 1\ngot 7 1\n");
    assertThat(counted).hasValue(1);
  }

  @Test
  void w21_functions_lambdas_imports_and_deletions_last() {
    assertThat(
            code.printed(
                """
                import math
                f = lambda x: math.floor(x)

                def g():
                    global n
                    n += 1

                n, gone = 1, 2
                """,
                "del gone\ng()",
                """
                print(f(2.5), n)
                try:
                    gone
                except NameError as error:
                    print(error)
                """))
        .isEqualTo("2 2\nname 'gone' is not defined\n");
  }

  @Test
  void w22_exit_ends_a_job_at_once_with_any_value_or_none() {
    assertThat(
            printed(
                """
                values = []
                for code in ("exit()", "exit(0)", "exit('')", "if True:\\n    exit(1)\\n    print('never')", "raise SystemExit(2)"):
                    values.append(delegate_task(agent("c"), code).value[0])
                print(values)
                """))
        .isEqualTo("[None, 0, '', 1, 2]\n");
  }

  @Test
  void w23_the_last_reply_before_the_limit_is_carried_out() {
    var limited =
        Agent.named("brief")
            .model(request -> new Model.Reply("```python\nexit('in time')\n```", Usage.NONE))
            .limits(limits -> limits.withTurns(1))
            .build();
    var outcome = AgentCode.outcome(code.submit(limited, spec -> spec));
    assertThat(outcome.value(String.class)).isEqualTo("in time");
  }

  /// WU01 to WU04, WU07.
  @Test
  void wu_a_warmup_that_raises_fails_the_job_before_any_model_is_asked() {
    for (var blocks : List.of(List.of("1 / 0"), List.of("x = 1", "x / 0"))) {
      var job = code.submit(speaker("never"), spec -> spec, blocks.toArray(String[]::new));
      assertThat(AgentCode.outcome(job))
          .isInstanceOfSatisfying(
              Outcome.Failed.class,
              failed -> assertThat(failed.error().kind()).isEqualTo(TaskError.Kind.EXCEPTION));
      assertThat(job.record().status()).isEqualTo(JobStatus.DONE);
      assertThat(job.history(0, 100)).anyMatch(entry -> entry.kind() == Entry.Kind.EXCEPTION);
    }
    assertThat(asked).isEmpty();
  }

  @Test
  void wu06_an_exception_of_an_ordinary_turn_is_for_the_model() {
    var job =
        code.submit(
            speaker("```python\n1 / 0\n```", "```python\nexit('went on')\n```"), spec -> spec);
    assertThat(AgentCode.outcome(job).value(String.class)).isEqualTo("went on");
    assertThat(asked.getLast().messages().getLast().text()).contains("ZeroDivisionError");
  }

  /// S01, S02: a factory of the job is code of the job, and stays in restricted mode.
  @Test
  void s_restricted_mode_is_the_same_before_within_and_after_a_factory() {
    assertThat(
            printed(
                """
                @subtask
                def broken(**kwargs):
                    raise ValueError("broken")

                attempt(broken)
                """))
        .isEqualTo("ValueError: broken\n");
    assertThat(
            code.error(
                """
                @subtask
                def curious(**kwargs):
                    import os
                """))
        .contains("importing 'os' is not allowed in restricted mode");
  }

  /// E01 to E04.
  @Test
  void e_an_error_handler_has_the_right_shape_and_swallows_what_it_raises() {
    assertThat(
            printed(
                """
                @error_handler
                def _clean(context, error=None):
                    print("clean", context, error)
                    raise ValueError("not told")

                _clean("files", "boom")
                _clean("files")

                def clean(context, error=None): pass
                def _one(context): pass
                def _needed(context, error): pass
                def _three(context, error=None, more=None): pass

                for function in (clean, _one, _needed, _three):
                    attempt(lambda: error_handler(function))
                """))
        .isEqualTo(
            """
            clean files boom
            clean files None
            TypeError: The name of an error handler must begin with '_', and 'clean' does not
            TypeError: An error handler takes a context and an optional error, as in _one(context, error=None); '_one' takes (context)
            TypeError: An error handler takes a context and an optional error, as in _needed(context, error=None); '_needed' takes (context, error)
            TypeError: An error handler takes a context and an optional error, as in _three(context, error=None); '_three' takes (context, error=None, more=None)
            """);
  }

  /// The messages of section 4.
  @Test
  void temporal_says_what_it_needs() {
    assertThat(
            printed(
                """
                attempt(lambda: temporal())
                attempt(lambda: temporal(complement=len))
                attempt(lambda: temporal(complement=len, condition=len, extends=len))
                attempt(lambda: temporal(extends=len))
                attempt(get_any)
                attempt(get_all)
                attempt(lambda: list(FutureResult(timer(0))))
                attempt(lambda: FutureResult({"a": 1}))

                @temporal(complement=lambda future: "complement", condition=lambda future: future.state_num > 0)
                def base(now):
                    return 5 if now else FutureResult(timer(0), 1)

                @temporal(extends=base)
                async def more(number):
                    return FutureResult(None, number)

                never = await more(0)
                print(base(True), base(False).value, (await more(2)).value, never.check_condition())
                attempt(lambda: never.value)
                """))
        .isEqualTo(
            """
            ValueError: Must specify either 'extends' or both 'complement' and 'condition'
            ValueError: Must specify either 'extends' or both 'complement' and 'condition'
            ValueError: Cannot specify 'complement' or 'condition' together with 'extends'
            ValueError: Cannot extend len: it is not temporal
            TypeError: get_any() needs something to wait for
            TypeError: get_all() needs something to wait for
            FutureError: Cannot unpack FutureResult: return type is not a tuple
            TypeError: A future depends on handlers, callbacks, timers, jobs and other futures, not on dict: nothing tells when that has changed
            5 complement complement False
            RuntimeError: Nothing is left to wait for: all has ended that <FutureResult of nothing> waits for
            """);
  }
}
