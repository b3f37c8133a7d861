package dev.errand.verification.statek;

import static dev.errand.verification.statek.AgentCode.printed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Exposed;
import dev.errand.agent.Model;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Entry;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.verification.Recorded;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The guide page on subtasks: its code as printed, and what it says.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SeedGuideTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  // The code blocks of the page, as printed.

  private static final String CONCEPTUALLY =
      """
      analysis = ask_specialist(dataset, question)
      report.add_section(analysis.result)
      """;
  private static final String DEFINE_A_SUBTASK_FACTORY =
      """
      from statek import subtask

      @subtask
      def summarize_thread(thread, **kwargs):
          \"""Start a specialist job that summarizes a thread.\"""
          return create_summary_job(thread)
      """;
  private static final String START_CHILD_TASKS =
      """
      summary_task = summarize_thread(thread)
      calendar_task = inspect_calendar(calendar, today)
      """;
  private static final String SHARED_VARIABLES = "user\nthread\ncalendar\ntoday\n";
  private static final String COMPLETE_WITH_A_RESULT = "complete_sub_task(result=summary)\n";
  private static final String COMPLETE_WITH_AN_ERROR =
      "complete_sub_task(error=\"Could not summarize the thread.\")\n";
  private static final String FIND_A_COMPLETED_HANDLER =
      "summary_task = find_sub_task_handler(id=\"summary\")\n";
  private static final String COLLECT_ONE_CHILD_RESULT =
      """
      summary_task = summarize_thread(thread, id="summary")
      summary = summary_task.result
      """;
  private static final String COLLECT_MULTIPLE_CHILD_RESULTS =
      """
      summary_task = summarize_thread(thread, id="summary")
      calendar_task = inspect_calendar(calendar, today, id="calendar")

      summary = summary_task.result
      calendar_findings = calendar_task.result
      """;
  private static final String INSPECT_A_SUBTASK_ERROR =
      """
      if summary_task.state == "ERROR":
          print(summary_task.error.err_message)
      """;
  private static final String USE_A_COMPLETED_RESULT =
      """
      if summary_task.state == "COMPLETED":
          report.add_section(summary_task.result)
      """;
  private static final String THE_PARENT_MAY_HAVE = "user\nthread\nreport\n";
  private static final String THE_CHILD_MAY_HAVE = "thread\nquestion\nsub_task_handler\n";
  private static final String RETURN_CHILD_FINDINGS =
      """
      events = calendar.events_for(today)
      conflicts = find_conflicts(events)
      complete_sub_task(result=conflicts)
      """;
  private static final String A_CONTROLLED_CAPABILITY = "move_meeting(meeting, new_slot)\n";
  private static final String EXTERNAL_INPUT = "approval = incoming_human_approval\n";

  // What surrounds them: the application's objects and tools, and the factories of the agent.

  /// Somebody, as a durable object.
  record User(String name) {}

  /// What was written, as a durable object.
  record Talk(List<String> messages) {}

  /// A calendar of the application, which stays there.
  static final class Calendar {
    /// The events of a day.
    @Exposed
    public List<String> events_for(String day) {
      return List.of(day + " 10:00 review", day + " 10:00 lunch", day + " 12:00 walk");
    }
  }

  /// A report of the application, which stays there.
  static final class Report {
    private final List<String> sections = Collections.synchronizedList(new ArrayList<>());

    /// Adds a section.
    @Exposed
    public void add_section(Json section) {
      sections.add(section.print());
    }
  }

  private static final String FACTORIES =
      """
      specialist = agent("specialist")
      SUMMARIZE = "summary = ' / '.join(thread.messages)\\n" + complete + "exit('done')"

      def create_summary_job(thread):
          return create_new_job(specialist, shared_vars={"thread": thread}, warmup_code=SUMMARIZE)

      @subtask
      def inspect_calendar(calendar, today, **kwargs):
          return create_new_job(specialist, warmup_code=[findings, "exit('done')"])

      @subtask
      def ask_specialist(dataset, question, **kwargs):
          return create_new_job(
              specialist,
              shared_vars={"dataset": dataset, "question": question},
              warmup_code="complete_sub_task(result=f'{question} {sum(dataset)}')\\nexit()",
          )

      dataset, question = [3, 4], "How many?"
      """;

  private final Report report = new Report();
  private final List<String> moved = Collections.synchronizedList(new ArrayList<>());
  @AutoClose private final AgentCode code = new AgentCode(this::surround);

  private Errand.Builder surround(Errand.Builder errand) {
    var conflicts =
        ToolFunction.of(
            "find_conflicts",
            "",
            List.of("events"),
            call ->
                ((Json.Array) call.arguments().get("events").orElseThrow()).items().subList(0, 2));
    var move =
        ToolFunction.of(
            "move_meeting",
            "",
            List.of("meeting", "new_slot"),
            call -> moved.add(call.text("meeting") + " to " + call.text("new_slot")));
    return errand
        .tool(conflicts)
        .tool(move)
        .references("calendar", Calendar.class, Map.of("office", new Calendar())::get)
        .references("report", Report.class, Map.of("weekly", report)::get);
  }

  @BeforeEach
  void registerTheSpecialist() {
    code.errand().register(Agent.named("specialist").build());
  }

  private Job submit(String complete, String... blocks) {
    var all = new ArrayList<>(List.of(FACTORIES, DEFINE_A_SUBTASK_FACTORY));
    all.addAll(List.of(blocks));
    var errand = code.errand();
    return code.submit(
        spec ->
            spec.var("user", errand.durable("user", new User("Ada")))
                .var("thread", errand.durable("thread", new Talk(List.of("hello", "bye"))))
                .var("calendar", errand.reference("calendar", "office"))
                .var("report", errand.reference("report", "weekly"))
                .var("today", "Monday")
                .var("meeting", "review")
                .var("new_slot", "11:00")
                .var("complete", complete)
                .var("findings", RETURN_CHILD_FINDINGS)
                .var("shared_variables", SHARED_VARIABLES)
                .var("the_child_may_have", THE_CHILD_MAY_HAVE),
        all.toArray(String[]::new));
  }

  private String run(String... blocks) {
    return printed(submit(COMPLETE_WITH_A_RESULT, blocks));
  }

  @Test
  void delegated_work_reports_its_result_to_the_parent() {
    run(CONCEPTUALLY);
    assertThat(report.sections).containsExactly("\"How many? 7\"");
  }

  @Test
  void a_subtask_is_another_job_with_a_handler_and_runs_beside_its_parent() {
    var job =
        submit(COMPLETE_WITH_A_RESULT, START_CHILD_TASKS, "wait_all(summary_task, calendar_task)");
    printed(job);
    assertThat(job.children())
        .allSatisfy(
            child -> {
              assertThat(child.record().id().parent()).contains(job.id());
              assertThat(AgentCode.outcome(child)).isInstanceOf(Outcome.Succeeded.class);
              assertThat(Objects.requireNonNull(child.record().subtask()).id())
                  .isEqualTo(Json.Null.VALUE);
            });
    assertThat(job.children().getFirst().variables())
        .extracting(variable -> variable.name())
        .containsExactlyInAnyOrder("thread", "summary");
  }

  @Test
  void a_subtask_factory_gives_a_handler_and_is_documented_with_an_id() {
    assertThat(
            run(
                """
                handler = summarize_thread(thread)
                print(isinstance(handler, SubTaskHandler), handler.id, handler.job.parent_job == current_job())
                print(summarize_thread.__doc__)
                """,
                "print(handler.result)"))
        .isEqualTo(
            "True None True\nStart a specialist job that summarizes a thread.\nhello / bye\n");
  }

  @Test
  void a_factory_must_accept_kwargs_and_leave_the_id_to_the_framework() {
    assertThat(
            run(
                """
                def bare(thread):
                    pass

                def named(id, **kwargs):
                    pass

                for factory in (bare, named):
                    try:
                        subtask(factory)
                    except TypeError as error:
                        print(error)
                """))
        .isEqualTo(
            """
            Function 'bare' must accept **kwargs to be used as a subtask. Current signature: (thread)
            Function 'named' cannot define parameter 'id'; subtask id is reserved for framework-managed kwargs.
            """);
  }

  @Test
  void explicitly_shared_variables_become_part_of_the_childs_state() {
    assertThat(
            run(
                """
                secret = 1
                child = create_new_job(
                    specialist,
                    shared_vars={"user": user, "thread": thread, "calendar": calendar, "today": today},
                    warmup_code=[shared_variables, "complete_sub_task(result=[user.name, thread.messages[0], calendar.events_for(today)[0]])\\nsecret"],
                )
                handler = create_sub_task(child)
                print(handler.result, secret)
                """))
        .isEqualTo("['Ada', 'hello', 'Monday 10:00 review'] 1\n");
  }

  @Test
  void both_jobs_work_with_the_same_durable_object() {
    assertThat(
            run(
                """
                child = create_new_job(specialist, {"thread": thread}, warmup_code="thread.messages.append('more')")
                create_sub_task(child).error or wait_all(sub_tasks())
                """,
                "print(thread.messages)"))
        .isEqualTo("['hello', 'bye', 'more']\n");
  }

  @Test
  void a_handler_stores_job_id_state_result_and_error() {
    assertThat(
            run(
                """
                task = summarize_thread(thread, id="summary")
                print(task.id, task.job.agent, task.error)
                wait_all(task)
                print(task.state, task.result, task.error, task.is_completed)
                print(hasattr(task, "status"))
                """))
        .isEqualTo("summary specialist None\nCOMPLETED hello / bye None True\nFalse\n");
  }

  @Test
  void the_states_are_the_parents_view_of_the_outcome() {
    var job =
        submit(
            COMPLETE_WITH_A_RESULT,
            """
            def start(agent, code):
                return create_sub_task(create_new_job(agent, warmup_code=code))

            tasks = [
                start(agent("nobody's", model="object:absent"), None),  # no worker has its model
                start(specialist, "callback('never').result"),
                start(specialist, "complete_sub_task(result=1)\\ncallback('never').result"),
                start(specialist, "complete_sub_task(error='no')\\ncallback('never').result"),
            ]
            callback("look").result
            print(*[task.state for task in tasks])
            """);
    Awaitility.await()
        .atMost(LONG)
        .until(() -> statuses(job).stream().filter(JobStatus.SUSPENDED::equals).count() == 3);
    job.answer("look", true);
    assertThat(printed(job)).isEqualTo("WAITING STARTED COMPLETED ERROR\n");
    assertThat(statuses(job).subList(0, 4))
        .containsExactly(
            JobStatus.READY, JobStatus.SUSPENDED, JobStatus.SUSPENDED, JobStatus.SUSPENDED);
  }

  private static List<JobStatus> statuses(Job job) {
    return job.children().stream().map(child -> child.record().status()).toList();
  }

  @Test
  void a_child_completes_with_a_result() {
    assertThat(run(COLLECT_ONE_CHILD_RESULT, "print(summary)")).isEqualTo("hello / bye\n");
  }

  @Test
  void a_child_completes_with_an_error_which_the_parent_inspects() {
    var job =
        submit(
            COMPLETE_WITH_AN_ERROR,
            "summary_task = summarize_thread(thread)\nwait_all(summary_task)",
            INSPECT_A_SUBTASK_ERROR + USE_A_COMPLETED_RESULT);
    assertThat(printed(job)).isEqualTo("Could not summarize the thread.\n");
    assertThat(report.sections).isEmpty();
  }

  @Test
  void a_completed_result_is_used() {
    assertThat(
            run(
                "summary_task = summarize_thread(thread)\nwait_all(summary_task)",
                INSPECT_A_SUBTASK_ERROR + USE_A_COMPLETED_RESULT))
        .isEmpty();
    assertThat(report.sections).containsExactly("\"hello / bye\"");
  }

  @Test
  void a_completion_is_made_once_and_never_mixes_result_and_error() {
    var code =
        """
        for more in ({'result': 1, 'error': 'x'}, {'result': 2}, {'error': 'late'}):
            try:
                complete_sub_task(**more)
            except Exception as problem:
                print(type(problem).__name__, problem)
        """;
    var job =
        submit(
            COMPLETE_WITH_A_RESULT,
            "h = create_sub_task(create_new_job(specialist, warmup_code='''" + code + "'''))",
            "print(h.result)");
    assertThat(printed(job)).isEqualTo("2\n");
    assertThat(printed(job.children().getFirst()))
        .isEqualTo(
            """
            ValueError Sub-task completion cannot mix result and error
            RuntimeError Sub-task handler is already completed
            """);
  }

  /// "Parent error handlers can be inherited by the child": each calls it for its own failure.
  @Test
  void an_error_handler_of_the_parent_can_be_inherited_by_the_child() {
    var job =
        submit(
            COMPLETE_WITH_A_RESULT,
            """
            def _clean(context, error=None):
                print("cleaned", context)

            def _own(context, error=None):
                print("the parent's own")

            current_job().add_error_handler(_clean, "the desk", inherited=True)
            current_job().add_error_handler(_own)
            h = create_sub_task(create_new_job(specialist, warmup_code="1 / 0", parent_job=current_job()))
            print(h.error is None, wait_all(h)[0].state)
            """);
    assertThat(printed(job)).isEqualTo("True ERROR\n");
    assertThat(AgentCode.console(job.children().getFirst())).isEqualTo("cleaned the desk\n");
  }

  @Test
  void a_handler_is_found_by_its_id_once_it_has_completed() {
    assertThat(
            run(
                COLLECT_ONE_CHILD_RESULT,
                FIND_A_COMPLETED_HANDLER,
                "print(summary_task.id, summary_task.result)"))
        .isEqualTo("summary hello / bye\n");
  }

  @Test
  void several_children_are_collected() {
    assertThat(run(COLLECT_MULTIPLE_CHILD_RESULTS, "print(summary, calendar_findings)"))
        .isEqualTo("hello / bye ['Monday 10:00 review', 'Monday 10:00 lunch']\n");
  }

  @Test
  void the_text_of_an_unfinished_handler_raises_and_its_result_waits() {
    var job =
        submit(
            COMPLETE_WITH_A_RESULT,
            """
            task = create_sub_task(create_new_job(specialist, warmup_code="complete_sub_task(result=callback('go').result)"))
            try:
                str(task)
            except RuntimeError as error:
                print(str(error)[:25])
            print(task.peek())
            print(task.result, str(task))
            """);
    Awaitility.await().atMost(LONG).until(() -> isAsked(job));
    job.children().getFirst().answer("go", "now");
    assertThat(printed(job)).isEqualTo("Sub-task is not completed\nNone\nnow now\n");
  }

  private static boolean isAsked(Job job) {
    return job.children().stream().anyMatch(child -> !child.children().isEmpty());
  }

  @Test
  void the_child_does_not_see_the_parents_variables() {
    var job =
        submit(
            COMPLETE_WITH_A_RESULT,
            THE_PARENT_MAY_HAVE,
            """
            child = create_new_job(
                specialist,
                shared_vars={"thread": thread, "question": question},
                warmup_code=[the_child_may_have, "complete_sub_task(result=question)"],
            )
            print(create_sub_task(child).result)
            """);
    assertThat(printed(job)).isEqualTo("How many?\n");
    assertThat(job.children().getFirst().variables())
        .extracting(variable -> variable.name())
        .containsExactlyInAnyOrder("thread", "question");
  }

  @Test
  void the_child_uses_tools_and_objects_and_returns_its_findings() {
    assertThat(run("print(inspect_calendar(calendar, today).result)"))
        .isEqualTo("['Monday 10:00 review', 'Monday 10:00 lunch']\n");
  }

  @Test
  void a_controlled_capability_is_a_tool_and_external_input_a_callback() {
    var job =
        submit(
            COMPLETE_WITH_A_RESULT,
            A_CONTROLLED_CAPABILITY,
            "incoming_human_approval = callback('approval')\n" + EXTERNAL_INPUT,
            "print(approval.result)");
    Awaitility.await().atMost(LONG).until(() -> job.record().status() == JobStatus.SUSPENDED);
    job.answer("approval", "granted");
    assertThat(printed(job)).isEqualTo("granted\n");
    assertThat(moved).containsExactly("review to 11:00");
  }

  @Test
  void completion_notifies_the_parent_at_a_safe_boundary_of_its_history() {
    var turns =
        List.of(
            "```python\n" + FACTORIES + DEFINE_A_SUBTASK_FACTORY + "```",
            """
            ```python
            summary_task = summarize_thread(thread, id='summary')
            exit('delegated')
            ```
            """,
            "```python\n" + FIND_A_COMPLETED_HANDLER + "exit(summary_task.result)\n```");
    var asked = Collections.synchronizedList(new ArrayList<Model.Request>());
    var model = Recorded.replying(asked, turns.toArray(String[]::new));
    var job =
        code.submit(
            Agent.named("parent").model(model).build(),
            spec ->
                spec.var("thread", code.errand().durable("thread", new Talk(List.of("a", "b"))))
                    .var("complete", COMPLETE_WITH_A_RESULT)
                    .var("findings", ""));
    Awaitility.await().atMost(LONG).until(() -> asked.size() == 3 && job.outcome().isPresent());
    assertThat(AgentCode.outcome(job).value(String.class)).isEqualTo("a / b");
    assertThat(asked.getLast().messages().getLast().text())
        .contains("[Notification] sub-task id=summary completed successfully. Result: a / b");
    assertThat(job.history(0, 1000))
        .filteredOn(entry -> entry.kind() == Entry.Kind.NOTIFICATION)
        .hasSize(1);
  }
}
