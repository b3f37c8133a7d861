package dev.errand.verification.statek;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Job;
import dev.errand.job.CodeBlock;
import dev.errand.job.Delta;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Variable;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// T002 to T055 and T086 to T125: what a new job begins with, however it is created.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CreationCasesTest {
  /// An agent whose jobs no worker here can begin, so that they stay as they were created.
  private static final String IDLE = "idle = agent('idle', model='object:absent')\n";

  @AutoClose private final AgentCode code = new AgentCode();

  private Job created(String python) {
    var job = code.submit(IDLE + python);
    AgentCode.printed(job);
    return job;
  }

  private static List<String> variables(Job job) {
    return job.variables(Delta.BEFORE).stream().map(Variable::name).sorted().toList();
  }

  private JobDefinition definition(Job job) {
    return code.errand().store().definition(job.record().definition()).orElseThrow();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = ';',
      value = {
        "T002 function, positional and keyword arguments;call(a, name=b);a b call",
        "T003 an attribute is no variable;obj.value;obj",
        "T004 receiver and arguments of a method;obj.method(a);a obj",
        "T005 expressions;a + b * c;a b c",
        "T006 container and key;items[key];items key",
        "T007 comprehension variables are left alone;[x * a for x in items];a items",
        "T008 every statement, and what is assigned if the caller has it;y = a\\ny + b;a b y",
        "T010 no code;'';''",
        "T011 a target alone;value = 1;''",
        "T012 builtins where the caller shadows them;len(a);a len",
        "T013 all three parts of a conditional;a if b else c;a b c",
      })
  void names_that_the_code_reads_are_copied(String name, String warmup, String expected) {
    var job =
        created(
            """
            def caller():
                a = b = c = y = key = value = unused = 1
                items, obj = [], {}
                def call(): pass
                def len(x): pass
                return create_new_job(idle, warmup_code="%s")

            caller()
            """
                .formatted(warmup));
    assertThat(variables(job.children().getFirst()))
        .as(name)
        .isEqualTo(expected.isEmpty() ? List.of() : List.of(expected.split(" ")));
  }

  @Test
  void t009_code_that_is_no_python_is_a_syntax_error() {
    assertThat(code.error("create_new_job(agent('x'), warmup_code='a +')"))
        .startsWith("SyntaxError");
  }

  /// T025, T026, T027, T030, T031, T032, T037.
  @Test
  void delegate_task_creates_a_child_with_parameters_and_copied_locals() {
    var job =
        created(
            """
            rate, unused = 3, 4
            delegate_task(idle, warmup_code="rate", topic="prices")
            delegate_task(idle)
            delegate_task(idle, parent_job=current_job())
            """);
    var children = job.children();
    assertThat(children)
        .allSatisfy(child -> assertThat(child.id().parent()).contains(job.id()))
        .allSatisfy(child -> assertThat(child.record().origin().agent()).isEqualTo("idle"));
    assertThat(definition(children.getFirst()).agent().model()).isEqualTo("object:absent");
    assertThat(definition(children.getFirst()).parameters().print())
        .isEqualTo("{\"topic\":\"prices\"}");
    assertThat(variables(children.getFirst())).containsExactly("rate");
    assertThat(variables(children.get(1))).isEmpty();
  }

  @Test
  void t028_a_delegated_task_is_ready_when_its_job_is_done() {
    assertThat(
            code.printed(
                """
                waiting = delegate_task(agent("idle", model="object:absent"))
                future = delegate_task(agent("child"), "exit('done')")
                print(waiting.check_condition(), future.value == ("done", future.job), future.check_condition())
                """))
        .isEqualTo("False True True\n");
  }

  /// T033 to T036, T046.
  @Test
  void shared_variables_are_variables_and_neither_parameters_nor_code() {
    var job =
        created(
            """
            seen, mine = 1, 2
            delegate_task(idle, shared_vars={"a": 1})
            delegate_task(idle, "seen", shared_vars={"a": 1, "seen": 5})
            """);
    var first = job.children().getFirst();
    assertThat(variables(first)).containsExactly("a");
    assertThat(definition(first).parameters().members()).isEmpty();
    assertThat(definition(first).warmup()).isEmpty();
    assertThat(job.children().getLast().variables(Delta.BEFORE))
        .extracting(variable -> variable.name() + "=" + variable.preview())
        .containsExactlyInAnyOrder("a=1", "seen=5");
  }

  /// T038 to T045, T047 to T049, T080, T085, T098 to T101, T121, T122, T124, T125.
  @Test
  void the_locale_is_the_parents_unless_another_is_given() {
    var makers =
        """
        makers = [
            create_new_job, delegate_task, delegate_mute_task, submit_new_job,
            lambda agent, **more: delegate_mute_dialog(agent, "hello", **more),
            lambda agent, **more: start_dialog(agent, "hello", **more),
            lambda agent, **more: submit_new_jobs_batch(agent, [None, {"a": 1}], **more),
        ]
        for make in makers:
            make(idle)
            make(idle, locale=None, topic="x")
            make(idle, locale="de-DE")
        """;
    var job = code.submit(spec -> spec.locale("pl-PL"), IDLE + makers);
    AgentCode.printed(job);
    var locales = job.children().stream().map(child -> definition(child).locale()).toList();
    assertThat(locales.subList(0, 18))
        .isEqualTo(
            java.util.Collections.nCopies(6, List.of("pl-PL", "pl-PL", "de-DE")).stream()
                .flatMap(List::stream)
                .toList());
    assertThat(locales.subList(18, 24))
        .containsExactly("pl-PL", "pl-PL", "pl-PL", "pl-PL", "de-DE", "de-DE");
    assertThat(definition(created("create_new_job(idle)").children().getFirst()).locale()).isNull();
  }

  @Test
  void t048_a_new_job_is_ready_and_has_its_parts() {
    var job = created("create_new_job(idle, {'a': 1}, current_job(), topic='x')");
    var child = job.children().getFirst();
    assertThat(child.record().status()).isEqualTo(JobStatus.READY);
    assertThat(child.id().parent()).contains(job.id());
    assertThat(variables(child)).containsExactly("a");
    assertThat(definition(child).parameters().print()).isEqualTo("{\"topic\":\"x\"}");
  }

  @Test
  void t050_t051_code_comes_as_text_or_as_several_blocks() {
    var job =
        created(
            """
            def caller():
                one, two, unused = 1, 2, 3
                create_new_job(idle, warmup_code="one\\n# ----------\\ntwo")
                create_new_job(idle, warmup_code=["one", "", None, "two", "   "])

            caller()
            """);
    for (var child : job.children()) {
      assertThat(variables(child)).containsExactly("one", "two");
      assertThat(definition(child).warmup())
          .extracting(block -> block.source().strip())
          .containsExactly("one", "two");
    }
  }

  @Test
  void t053_t054_equal_setups_are_one_definition_and_others_are_not() {
    var job =
        created(
            """
            create_new_job(idle, {"a": 1}, warmup_code="1", topic="x")
            create_new_job(idle, {"a": 2}, warmup_code="1", topic="x")
            create_new_job(idle, {"a": 1}, warmup_code="2", topic="x")
            create_new_job(idle, {"a": 1}, warmup_code="1", topic="y")
            create_new_job(idle, {"a": 1}, warmup_code="1", topic="x", locale="de-DE")
            """);
    var addresses = job.children().stream().map(child -> child.record().definition()).toList();
    assertThat(addresses.get(0)).isEqualTo(addresses.get(1));
    assertThat(addresses.stream().distinct()).hasSize(4);
    assertThat(job.children().stream().limit(2).map(child -> child.variables(Delta.BEFORE)))
        .doesNotHaveDuplicates();
  }

  /// T081, T086 to T088, T091 to T097.
  @Test
  void a_dialog_begins_with_its_first_message() {
    var job =
        created(
            """
            before = 1
            print(type(start_dialog(idle, "hello", topic="x")).__name__)
            start_dialog(idle, "hello", warmup_code="before", shared_vars={"a": 1})
            delegate_mute_dialog(idle, "hello")
            """);
    assertThat(AgentCode.console(job)).isEqualTo("Job\n");
    for (var child : job.children()) {
      assertThat(child.record().status()).isEqualTo(JobStatus.READY);
      assertThat(child.record().origin().agent()).isEqualTo("idle");
      assertThat(messages(child)).containsExactly("hello");
    }
    var dialogs = job.children();
    assertThat(definition(dialogs.getFirst()).parameters().print()).isEqualTo("{\"topic\":\"x\"}");
    assertThat(definition(dialogs.getFirst()).warmup()).isEmpty();
    assertThat(variables(dialogs.getFirst())).isEmpty();
    assertThat(variables(dialogs.get(1))).containsExactly("a", "before");
    assertThat(definition(dialogs.get(1)).warmup()).containsExactly(CodeBlock.python("before"));
  }

  private static List<String> messages(Job job) {
    return job.history(0, 100).stream()
        .filter(entry -> entry.kind() == Entry.Kind.SIGNAL)
        .map(entry -> entry.data().text("text").orElseThrow())
        .toList();
  }

  /// T082, T089, T090.
  @Test
  void a_message_that_is_no_text_is_adapted_or_printed() {
    var job =
        created(
            """
            polite = agent("polite", model="object:absent", message_adapter=lambda message: "Dear " + message["to"])
            start_dialog(polite, {"to": "Ada"})
            delegate_mute_dialog(polite, {"to": "Ada"})
            start_dialog(idle, {"to": "Ada"})
            start_dialog(polite, "as it is")
            """);
    assertThat(job.children().stream().flatMap(child -> messages(child).stream()))
        .containsExactly("Dear Ada", "Dear Ada", "{'to': 'Ada'}", "as it is");
  }

  @Test
  void an_agent_without_a_model_reads_no_message() {
    assertThat(code.error("start_dialog(agent('mute'), 'hello')"))
        .isEqualTo("ValueError: Agent mute has no model to read a message");
  }

  /// T118 to T120, T123.
  @Test
  void jobs_are_submitted_one_by_one_and_in_batches() {
    var job =
        created(
            """
            submit_new_job(idle)
            submit_new_job(idle, {"a": 1}, topic="x")
            print(len(submit_new_jobs_batch(idle, [{"a": 1}, None, {"b": 2}], topic="x")))
            """);
    assertThat(AgentCode.console(job)).isEqualTo("3\n");
    assertThat(job.children().stream().map(CreationCasesTest::variables))
        .containsExactly(List.of(), List.of("a"), List.of("a"), List.of(), List.of("b"));
    assertThat(definition(job.children().get(1)).parameters().print())
        .isEqualTo("{\"topic\":\"x\"}");
    assertThat(job.children()).allSatisfy(child -> assertThat(child.record().subtask()).isNull());
  }

  @Test
  void a_job_is_created_below_the_current_one_and_no_other() {
    assertThat(code.error("create_new_job(agent('x'), parent_job=create_new_job(agent('x')))"))
        .startsWith("ValueError: parent_job must be the current job, ");
    assertThat(code.error("create_new_job(5)"))
        .isEqualTo("TypeError: create_new_job() needs an agent, not int");
    assertThat(new JobId("a").child(1).parent()).contains(new JobId("a"));
  }
}
