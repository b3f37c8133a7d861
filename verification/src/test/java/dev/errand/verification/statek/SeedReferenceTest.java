package dev.errand.verification.statek;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.agent.Agent;
import dev.errand.job.JobStatus;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The reference page on subtasks: its code as printed, and what its tables and sentences say.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SeedReferenceTest {
  private static final String STATES =
      """
      SubTaskState.WAITING
      SubTaskState.STARTED
      SubTaskState.COMPLETED
      SubTaskState.ERROR
      """;
  private static final String A_CHILD_AND_ITS_HANDLER =
      """
      from statek.task import create_new_job, create_sub_task
      child = create_new_job(agent=researcher, parent_job=parent_job, topic="pricing")
      handler = create_sub_task(child, id="pricing-research")
      """;
  private static final String COMPLETING =
      """
      from statek import complete_sub_task
      complete_sub_task(result={"status": "ready"})
      exit("done")
      """;

  @AutoClose private final AgentCode code = new AgentCode();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SubTaskHandler",
        "SubTaskState",
        "TaskError",
        "create_sub_task",
        "create_new_job",
        "complete_sub_task"
      })
  void each_symbol_is_imported_from_both_paths_and_is_there_without_import(String symbol) {
    assertThat(
            code.printed(
                """
                bare = symbol
                from statek import symbol
                short = symbol
                from statek.task import symbol
                import statek, statek.task
                print(bare is short is symbol is statek.symbol is statek.task.symbol)
                """
                    .replace("symbol", symbol)))
        .isEqualTo("True\n");
  }

  @Test
  void the_states_are_four() {
    assertThat(code.printed(STATES, "print(*SubTaskState)"))
        .isEqualTo("WAITING STARTED COMPLETED ERROR\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "SubTaskHandler;(job, id=None)",
        "SubTaskHandler.complete;(self, result=None, error=None)",
        "SubTaskHandler.get_log_message;(self)",
        "create_new_job;(agent, shared_vars=None, parent_job=None, warmup_code=None, locale=None,"
            + " caller_frame=None, **params)",
        "create_sub_task;(job, handler_type=<class 'errand.SubTaskHandler'>, **kwargs)",
        "complete_sub_task;(result=None, error=None)",
      })
  void each_signature_is_as_printed(String symbol, String signature) {
    var open = Agent.named("open").restricted(false).build();
    var look = "import inspect\nprint(inspect.signature(" + symbol + "))";
    assertThat(AgentCode.printed(code.submit(open, spec -> spec, look)))
        .isEqualTo(signature + "\n");
  }

  @Test
  void a_child_is_created_ready_and_wrapped_in_a_handler() {
    var job =
        code.submit(
            "researcher, parent_job = agent('researcher', model='object:absent'), current_job()",
            A_CHILD_AND_ITS_HANDLER,
            """
            print(handler.job == child, handler.id, handler.is_completed, handler.state)
            print(child.parent_job == parent_job, sub_tasks() == [handler])
            """);
    assertThat(AgentCode.printed(job))
        .isEqualTo("True pricing-research False WAITING\nTrue True\n");
    assertThat(job.children().getFirst().record().status()).isEqualTo(JobStatus.READY);
  }

  @Test
  void the_child_is_told_the_extra_keyword_arguments_as_parameters() {
    var told =
        code.printed(
            """
            researcher = agent("researcher", instructions="Look into {topic}.", model="object:absent")
            child = create_new_job(agent=researcher, topic="pricing")
            print(child)
            """);
    assertThat(told).startsWith("<Job ");
    var definition = code.errand().store().definition(lastChild().definition()).orElseThrow();
    assertThat(definition.parameters().print()).isEqualTo("{\"topic\":\"pricing\"}");
  }

  private dev.errand.job.JobRecord lastChild() {
    return code.errand().jobs().stream()
        .filter(job -> job.id().parent().isPresent())
        .reduce((first, second) -> second)
        .orElseThrow();
  }

  @Test
  void referenced_warmup_variables_are_copied_and_the_locale_is_inherited() {
    var job =
        code.submit(
            spec -> spec.locale("pl-PL"),
            """
            mine, other = [1, 2], "not read"

            def start():
                local = 3
                return create_new_job(agent("child"), warmup_code="mine.append(local)\\nexit([mine, current_job().locale])")

            print(get_any(start()).value, mine)
            """);
    assertThat(AgentCode.printed(job)).isEqualTo("[[1, 2, 3], 'pl-PL'] [1, 2]\n");
    assertThat(job.children().getFirst().variables())
        .extracting(variable -> variable.name())
        .containsExactlyInAnyOrder("mine", "local");
  }

  @Test
  void completing_the_current_childs_handler_gives_the_parent_the_result() {
    var job =
        code.submit(
            spec -> spec.var("completing", COMPLETING),
            """
            handler = create_sub_task(create_new_job(agent("child"), warmup_code=completing))
            print(handler.result, handler.error, handler.get_log_message())
            """);
    assertThat(AgentCode.printed(job))
        .isEqualTo("{'status': 'ready'} None [Notification] sub-task completed successfully.\n");
    var child = job.children().getFirst();
    assertThat(AgentCode.outcome(child).value(String.class)).isEqualTo("done");
  }

  @Test
  void an_error_is_a_task_error_with_its_text() {
    assertThat(
            code.printed(
                """
                handler = create_sub_task(create_new_job(agent("child"), warmup_code="complete_sub_task(error='no way')"), id=7)
                wait_all(handler)
                print(handler.state, isinstance(handler.error, TaskError), handler.error.err_message, handler.peek())
                print(handler.get_log_message())
                for text in (str, lambda handler: handler.result):
                    try:
                        text(handler)
                    except RuntimeError as error:
                        print(error)
                """))
        .isEqualTo(
            """
            ERROR True no way None
            [Error] sub-task id=7 failed with no way
            no way
            no way
            """);
  }

  @Test
  void the_text_of_an_unfinished_handler_raises() {
    var job =
        code.submit(
            """
            handler = create_sub_task(create_new_job(agent("child", model="object:absent")), id="x")
            try:
                str(handler)
            except RuntimeError as error:
                print(error)
            print(handler.is_completed, handler.error)
            """);
    assertThat(AgentCode.printed(job))
        .isEqualTo("Sub-task id=x is not completed: WAITING\nFalse None\n");
  }

  @Test
  void completing_twice_or_with_both_raises() {
    var child =
        """
        for more in ({"result": 1, "error": "x"}, {"result": 1}, {"result": 2}):
            try:
                sub_task_handler.complete(**more)
            except (RuntimeError, ValueError) as error:
                print(type(error).__name__)
        print(sub_task_handler.is_completed, sub_task_handler.result)
        """;
    var job =
        code.submit(
            spec -> spec.var("child", child),
            "h = create_sub_task(create_new_job(agent('child'), warmup_code=child))\n"
                + "print(h.result)");
    assertThat(AgentCode.printed(job)).isEqualTo("1\n");
    assertThat(AgentCode.printed(job.children().getFirst()))
        .isEqualTo("ValueError\nRuntimeError\nTrue 1\n");
  }

  @Test
  void complete_sub_task_needs_a_handler_in_a_job() {
    assertThat(
            code.printed(
                """
                def attempt():
                    try:
                        complete_sub_task(result=1)
                    except (RuntimeError, TypeError) as error:
                        print(type(error).__name__, error)

                attempt()
                sub_task_handler = "mine"
                attempt()
                """))
        .isEqualTo(
            """
            RuntimeError complete_sub_task requires sub_task_handler in current job locals
            TypeError sub_task_handler must be a SubTaskHandler, not str
            """);
  }

  @Test
  void the_handlers_state_is_not_the_jobs_status() {
    var job =
        code.submit(
            """
            handler = create_sub_task(create_new_job(agent("child"), warmup_code="complete_sub_task(result=1)\\ncallback('x').result"))
            print(handler.result, handler.state)
            """);
    assertThat(AgentCode.printed(job)).isEqualTo("1 COMPLETED\n");
    Awaitility.await()
        .until(() -> job.children().getFirst().record().status() == JobStatus.SUSPENDED);
  }
}
