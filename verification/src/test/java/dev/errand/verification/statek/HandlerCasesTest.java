package dev.errand.verification.statek;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// T056 to T077, D01 to D10 and N05 to N08: handlers, what makes them, and how they are found.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandlerCasesTest {
  /// Children that end in all ways, which the parent has heard of.
  private static final String CHILDREN =
      """
      idle = agent("idle", model="object:absent")

      def child(code, id=None, **more):
          return create_sub_task(create_new_job(agent("child"), warmup_code=code), id=id, **more)

      def attempt(action):
          try:
              print(action())
          except Exception as error:
              print(type(error).__name__ + ":", error)

      """;

  @AutoClose private final AgentCode code = new AgentCode();

  private String printed(String python) {
    return code.printed(CHILDREN + python);
  }

  @Test
  void t056_t057_a_child_that_has_not_begun_is_waiting_and_has_no_status() {
    assertThat(
            printed(
                """
                h = create_sub_task(create_new_job(idle))
                print(h.state, h.state == SubTaskState.WAITING)
                attempt(lambda: h.status)
                """))
        .isEqualTo(
            "WAITING True\nAttributeError: 'SubTaskHandler' object has no attribute 'status'\n");
  }

  /// T059 to T062, T065, T066, T068, T069.
  @Test
  void a_result_is_kept_and_is_the_text_of_the_handler() {
    assertThat(
            printed(
                """
                h = child("complete_sub_task(result=[1, 'a'])", id="x")
                empty = child("complete_sub_task()")
                zero = child("complete_sub_task(result=0)")
                wait_all(h, empty, zero)
                print(h.state, h.is_completed, h.result, h.error, str(h))
                print(repr(str(empty)), empty.state, empty.result, zero.result)
                print(h.get_log_message(), empty.get_log_message())
                print(find_sub_task_handler(id="x") is h)
                """))
        .isEqualTo(
            """
            COMPLETED True [1, 'a'] None [1, 'a']
            '' COMPLETED None 0
            [Notification] sub-task id=x completed successfully. [Notification] sub-task completed successfully.
            True
            """);
  }

  /// T063, T064, T067, T070.
  @Test
  void the_text_of_what_has_no_result_raises() {
    assertThat(
            printed(
                """
                h = child("complete_sub_task(error='no luck')", id="x")
                quiet = child("complete_sub_task(error='')")
                wait_all(h, quiet)
                attempt(lambda: str(create_sub_task(create_new_job(idle), id="i")))
                attempt(lambda: str(h))
                print(h.state, h.error.err_message, h.peek(), quiet.state)
                print(h.get_log_message())
                attempt(lambda: find_sub_task_handler(id="x").error)
                """))
        .isEqualTo(
            """
            RuntimeError: Sub-task id=i is not completed: WAITING
            RuntimeError: no luck
            ERROR no luck None ERROR
            [Error] sub-task id=x failed with no luck
            no luck
            """);
  }

  /// T071, T072.
  @Test
  void a_handler_is_completed_once_and_with_one_of_the_two() {
    assertThat(
            printed(
                """
                CODE = '''
                said = []
                for more in ({"result": 1, "error": "x"}, {"result": "first"}, {"error": "late"}):
                    try:
                        complete_sub_task(**more)
                    except Exception as error:
                        said.append(f"{type(error).__name__}: {error}")
                exit(said)
                '''
                h = child(CODE)
                print(h.result, h.error)
                """))
        .isEqualTo("first None\n");
  }

  /// T073 to T075.
  @Test
  void complete_sub_task_is_for_a_job_that_was_delegated() {
    assertThat(
            printed(
                """
                print(child("complete_sub_task(result='mine')").result)
                attempt(lambda: complete_sub_task(result=1))
                h = child("exit()")
                attempt(lambda: h.complete(result=1))
                print(get_any(create_new_job(agent("child"), warmup_code="try:\\n  complete_sub_task()\\nexcept RuntimeError as e:\\n  exit(str(e))")).value)
                """))
        .isEqualTo(
            """
            mine
            RuntimeError: complete_sub_task requires sub_task_handler in current job locals
            RuntimeError: Only the job itself can complete its sub-task; this is the handle of the job that delegated it
            complete_sub_task requires sub_task_handler in current job locals
            """);
  }

  /// T076, T077.
  @Test
  void a_handler_may_be_of_a_class_of_the_jobs_own() {
    assertThat(
            printed(
                    """
                    class Tracked(SubTaskHandler):
                        def __init__(self, job, id=None, owner=""):
                            super().__init__(job, id)
                            self.owner = owner

                        def get_log_message(self):
                            return f"{self.owner}'s {self.id}"

                    h = child("complete_sub_task(result=1)", id="x", handler_type=Tracked, owner="Ada")
                    """)
                + code.printed(
                    CHILDREN
                        + """
                        class Tracked(SubTaskHandler):
                            def __init__(self, job, id=None, owner=""):
                                super().__init__(job, id)
                                self.owner = owner

                        h = child("complete_sub_task(result=1)", id="x", handler_type=Tracked, owner="Ada")
                        """,
                    "print(h.result, h.owner, find_sub_task_handler(id='x') is h)",
                    "attempt(lambda: create_sub_task(h.job, handler_type=str))"))
        .isEqualTo(
            "1 Ada True\nTypeError: handler_type must be SubTaskHandler or a subclass of it\n");
  }

  /// D01, D02.
  @Test
  void a_factory_takes_kwargs_and_leaves_the_id_alone() {
    assertThat(
            printed(
                """
                def plain(a, b=1): pass
                def named(a, id=None, **kwargs): pass
                attempt(lambda: subtask(plain))
                attempt(lambda: subtask(system=True)(named))
                """))
        .isEqualTo(
            """
            TypeError: Function 'plain' must accept **kwargs to be used as a subtask. Current signature: (a, b=1)
            TypeError: Function 'named' cannot define parameter 'id'; subtask id is reserved for framework-managed kwargs.
            """);
  }

  /// D03 to D05.
  @Test
  void what_a_factory_gives_becomes_a_handler_with_the_id_of_the_call() {
    assertThat(
            printed(
                """
                @subtask
                def job(**kwargs):
                    return create_new_job(agent("child"), warmup_code="complete_sub_task(result=sub_task_handler.id)")

                @subtask
                def handler(own, **kwargs):
                    return child("complete_sub_task(result=1)", id=own)

                @subtask
                def neither(**kwargs):
                    return 5

                print(job(id="a").result, job().id, handler("b", id="c").id, handler(None, id="d").id)
                print(find_sub_task_handler(id="a").id, [one.id for one in sub_tasks()])
                attempt(neither)
                """))
        .isEqualTo(
            """
            a None b d
            a ['a', None, 'b', 'd']
            TypeError: @subtask functions must return Job or SubTaskHandler, got int
            """);
  }

  /// D06, D07.
  @Test
  void text_is_made_what_the_parameter_says() {
    assertThat(
            printed(
                """
                from datetime import date
                from enum import Enum

                class Tone(Enum):
                    CALM = 1

                def show(tone: Tone, items: list, day: date, text: str, **kwargs):
                    print(tone, items, repr(day), text)
                    return create_new_job(idle)

                basket = ["apple"]
                subtask(show)("CALM", "basket", "2026-11-21", "basket")
                """))
        .isEqualTo("Tone.CALM ['apple'] datetime.date(2026, 11, 21) basket\n");
  }

  /// D08 to D10.
  @Test
  void the_signature_shows_the_id_where_it_can_be_given() {
    assertThat(
            AgentCode.printed(
                code.submit(
                    dev.errand.agent.Agent.named("open").restricted(false).build(),
                    spec -> spec,
                    """
                    import inspect
                    for factory in (
                        lambda name, **kwargs: None,
                        lambda name, *, tone=1, **kwargs: None,
                        lambda name, *rest, **kwargs: None,
                    ):
                        print(list(map(str, inspect.signature(subtask(factory)).parameters.values())))
                    """)))
        .isEqualTo(
            """
            ['name', 'id: str = None']
            ['name', 'id: str = None', 'tone=1']
            ['name', '*rest', 'id: str = None']
            """);
  }

  @Test
  void a_factory_may_be_a_coroutine_function() {
    assertThat(
            printed(
                """
                @subtask
                async def later(**kwargs):
                    first = await child("complete_sub_task(result=20)")
                    return create_new_job(agent("child"), {"first": first}, warmup_code="complete_sub_task(result=first + 1)")

                print(later(id="x").result, later().result)
                """))
        .isEqualTo("21 21\n");
  }

  /// N05 to N08 and W10.
  @Test
  void a_handler_is_found_by_id_and_unknown_running_and_ended_are_told_apart() {
    assertThat(
            printed(
                """
                attempt(find_sub_task_handler)
                create_sub_task(create_new_job(idle), id="running")
                print(child("complete_sub_task(result=1)", id=7).result)
                print(child("complete_sub_task(result=2)", id="7").result)
                print(find_sub_task_handler().result, find_sub_task_handler(id=7).result, find_sub_task_handler(id="7").result)
                for id in ("running", "nobody"):
                    attempt(lambda: find_sub_task_handler(id=id))
                attempt(lambda: child("exit()", id=7))
                """))
        .startsWith(
            """
            None
            1
            2
            2 1 2
            RuntimeError: Sub-task id=running has not completed, it is WAITING; wait for it with .result or for the notification.
            RuntimeError: Sub-task id=nobody does not exist; no sub-task of this job has that id.
            ValueError: Sub-task id=7 is taken by job \
            """);
  }
}
