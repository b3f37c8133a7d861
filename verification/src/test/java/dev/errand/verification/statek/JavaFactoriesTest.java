package dev.errand.verification.statek;

import static dev.errand.verification.statek.AgentCode.printed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Exposed;
import dev.errand.agent.SubTask;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Outcome;
import dev.errand.job.Shared;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Subtask factories in Java, called by code, with the process of a job that waits kept, given up
/// and killed.
@ParameterizedClass
@EnumSource(Waiting.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JavaFactoriesTest {
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();

  /// What is shared with jobs by reference.
  record Talk(List<String> messages) {}

  /// An object of the application.
  static final class Report {
    /// What it is called.
    @Exposed
    public String title() {
      return "weekly";
    }
  }

  /// The factories.
  static final class Desk {
    private final AtomicInteger calls = new AtomicInteger();

    @SubTask("Asks a specialist about a dataset.")
    SubTaskSpec askSpecialist(List<Integer> dataset, String question) {
      return SubTaskSpec.of("specialist")
          .var("dataset", dataset)
          .var("question", question)
          .var("asked", calls.incrementAndGet())
          .code("complete_sub_task(result=f'{question} {sum(dataset)}')")
          .code("exit()");
    }

    @SubTask("Plans a day.")
    SubTaskSpec plan(LocalDate day, DayOfWeek weekday, boolean full, @Nullable Double hours) {
      return delivering(List.of(day.plusDays(1).toString(), weekday.plus(1), !full, hours == null));
    }

    private static SubTaskSpec delivering(Object result) {
      return SubTaskSpec.of("specialist")
          .var("given", result)
          .code("complete_sub_task(result=given)");
    }

    @SubTask("Passes on what it is given.")
    SubTaskSpec passOn(Shared what, String code) {
      return SubTaskSpec.of("specialist").var("what", what).code(code);
    }

    @SubTask("Gives a child whatever it is given.")
    SubTaskSpec copy(Object what) {
      return delivering(what);
    }

    @SubTask("Asks a model.")
    SubTaskSpec tell(String agent, String text) {
      return SubTaskSpec.of(agent).message(text);
    }

    @SubTask("Never knows.")
    SubTaskSpec fail() throws Exception {
      throw new java.io.IOException("no desk, " + calls.incrementAndGet());
    }

    @SubTask("Has an id of its own.")
    SubTaskSpec named() {
      return delivering("mine").id("its own");
    }

    @SubTask("Asks for a schema.")
    SubTaskSpec typed(int result) {
      return delivering(result).resultType(String.class).timeout(Duration.ofMinutes(5));
    }
  }

  /// One of a name that is taken.
  static final class Clash {
    @SubTask("Clashes.")
    SubTaskSpec inUse() {
      return SubTaskSpec.of("specialist");
    }
  }

  /// One whose children are Java programs.
  static final class Arithmetic {
    @SubTask("Adds.")
    SubTaskSpec add(int a, int b) {
      return SubTaskSpec.of("adder").var("a", a).var("b", b);
    }
  }

  private final Desk desk = new Desk();
  private final Errand errand;

  JavaFactoriesTest(Waiting waiting) {
    this.errand =
        Errand.builder()
            .store(new MemoryStore(InstantSource.system()))
            .runtime(waiting.over(PYTHON))
            .tool(ToolFunction.of("in_use", "", List.of(), call -> null))
            .references("report", Report.class, Map.of("weekly", new Report())::get)
            .open();
    errand.register(Agent.named("specialist").build());
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

  private Job submit(String... code) {
    return submit(Agent.named("boss").subTasks(desk).build(), code);
  }

  private Job submit(Agent boss, String... code) {
    return errand.submit(
        boss,
        spec -> {
          for (var block : code) {
            spec.code(block);
          }
          return spec.var("talk", errand.durable("talk", new Talk(List.of("hello"))))
              .var("report", errand.reference("report", "weekly"));
        });
  }

  private String run(String... code) {
    return printed(submit(code));
  }

  @Test
  void a_method_is_called_as_a_function_and_gives_the_handler_of_a_new_child() {
    var job =
        submit(
            """
            h = ask_specialist([3, 4], "How many?", id="x")
            print(type(h).__name__, h.id, h.job.agent, h.job.parent_job == current_job())
            print(h.result, find_sub_task_handler("x") is h)
            """);
    assertThat(printed(job)).isEqualTo("SubTaskHandler x specialist True\nHow many? 7 True\n");
    assertThat(job.children()).hasSize(1);
  }

  @Test
  void it_is_documented_with_the_id_that_the_library_adds() {
    var trusted = Agent.named("boss").subTasks(desk).restricted(false).build();
    assertThat(
            printed(
                submit(
                    trusted,
                    """
                    import inspect
                    print(ask_specialist, inspect.signature(ask_specialist))
                    print(ask_specialist.__doc__)
                    print(inspect.signature(plan))
                    """)))
        .isEqualTo(
            """
            <subtask ask_specialist> (dataset: list, question: str, id: str = None) -> errand.SubTaskHandler
            Asks a specialist about a dataset.
            (day: str, weekday: str, full: bool, hours: float = None, id: str = None) -> errand.SubTaskHandler
            """);
  }

  @Test
  void each_call_in_a_loop_that_waits_makes_one_child() {
    var job =
        submit(
            """
            total = []
            for n in range(6):
                total.append(ask_specialist([n, n], question=f"{n}?", id=n).result)
            print(total)
            """);
    assertThat(printed(job)).isEqualTo("['0? 0', '1? 2', '2? 4', '3? 6', '4? 8', '5? 10']\n");
    assertThat(job.children()).hasSize(6);
    assertThat(desk.calls).as("a replay is told what was said before").hasValue(6);
    assertThat(job.effects())
        .extracting(call -> call.effect().name())
        .containsOnly("ask_specialist")
        .hasSize(6);
    assertThat(job.unknownEffects()).isEmpty();
  }

  @Test
  void text_is_converted_to_the_type_of_a_parameter() {
    assertThat(
            run(
                """
                numbers = [1, 2]
                yes = True
                print(ask_specialist("numbers", "numbers").result)
                print(plan("2026-02-28", "SUNDAY", "yes").result, plan("2026-01-01", weekday="MONDAY", full=False, hours=1).result)
                """))
        .isEqualTo(
            """
            numbers 3
            ['2026-03-01', 'MONDAY', False, True] ['2026-01-02', 'TUESDAY', True, False]
            """);
  }

  @Test
  void what_does_not_fit_is_an_error_and_starts_nothing() {
    var job =
        submit(
            """
            def attempt(call):
                try:
                    call()
                except Exception as problem:
                    print(type(problem).__name__ + ":", str(problem).splitlines()[0][:75])

            attempt(lambda: ask_specialist())
            attempt(lambda: ask_specialist([1], "?", "id by position"))
            attempt(lambda: ask_specialist([1], "?", id=[]))
            attempt(lambda: ask_specialist([1], None))
            attempt(lambda: ask_specialist({1}, "?"))
            attempt(lambda: plan("no day", "MONDAY", True))
            attempt(lambda: pass_on([1], "1"))
            attempt(lambda: pass_on({"errand:object": "a guess"}, "1"))
            attempt(lambda: copy({"errand:object": "a guess"}))
            attempt(lambda: tell("specialist", "hello"))
            attempt(lambda: delegate(ask_specialist, [1], "?"))
            attempt(fail)
            """);
    assertThat(printed(job))
        .isEqualTo(
            """
            TypeError: ask_specialist() missing required argument: 'dataset', 'question'
            TypeError: ask_specialist() takes 2 arguments but 3 were given
            TypeError: A sub-task's id must be a string, a number, a bool or None, not list
            ToolError: ask_specialist: question is required, and cannot be None
            TypeError: ask_specialist() argument 'dataset' must be made of text, numbers, bools, N
            ToolError: plan: day: The value is no LocalDate: Cannot deserialize value of type `jav
            TypeError: pass_on() argument 'what' must be a durable object or one of the applicatio
            TypeError: pass_on() argument 'what' must be a durable object or one of the applicatio
            ToolError: copy: A value cannot be an object with nothing but [errand:object]
            ValueError: Agent specialist has no model to read a message
            TypeError: delegate() needs a function, not ToolFactory
            ToolError: fail: no desk, 1
            """);
    assertThat(job.children()).isEmpty();
  }

  @Test
  void an_id_that_is_taken_is_refused_and_starts_nothing() {
    var job =
        submit(
            """
            first = named()
            print(first.id, named.__name__)
            try:
                named(id="another")
            except ValueError as problem:
                print("taken" in str(problem))
            print(len(sub_tasks()), first.result)
            """);
    assertThat(printed(job)).isEqualTo("its own named\nTrue\n1 mine\n");
    assertThat(job.children()).hasSize(1);
  }

  @Test
  void what_a_factory_is_given_by_reference_it_passes_on_by_reference() {
    assertThat(
            run(
                """
                @durable
                class Counter:
                    def __init__(self):
                        self.count = 0

                    def add(self):
                        self.count += 1

                counter = Counter()
                wait_all(pass_on(talk, "what.messages.append('bye')\\nexit()"))
                wait_all(pass_on("counter", "what.add()\\nexit()"))
                print(pass_on(report, "complete_sub_task(what.title())").result)
                """,
                "print(talk.messages, counter.count)"))
        .isEqualTo("weekly\n['hello', 'bye'] 1\n");
  }

  @Test
  void a_factory_survives_in_variables_and_in_functions() {
    assertThat(
            run(
                "ask = ask_specialist\ndef asked(n): return ask([n], 'So?')",
                "first = asked(1).result",
                "print(first, ask is ask_specialist)"))
        .isEqualTo("So? 1 True\n");
  }

  @Test
  void a_child_has_what_the_factory_gives_it_and_nothing_of_the_caller() {
    assertThat(
            run(
                """
                given = "the caller's"
                dataset = "the caller's"
                print(copy("the factory's").result)
                print(wait_all(pass_on(talk, "complete_sub_task(given)"))[0].error.err_message)
                """))
        .isEqualTo("the factory's\nNameError: name 'given' is not defined\n");
  }

  @Test
  void a_child_inherits_the_error_handlers_that_are_marked_for_it() {
    var job =
        submit(
            """
            def _clean(context, error=None):
                print("cleaned", context)

            current_job().add_error_handler(_clean, "the desk", inherited=True)
            print(wait_all(pass_on(talk, "1 / 0"))[0].state)
            """);
    assertThat(printed(job)).isEqualTo("ERROR\n");
    assertThat(AgentCode.console(job.children().getFirst())).isEqualTo("cleaned the desk\n");
  }

  @Test
  void a_schema_binds_the_child() {
    var job = submit("wait_all(typed(7))");
    printed(job);
    assertThat(AgentCode.outcome(job.children().getFirst()))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.error().message()).contains("does not fit its schema"));
  }

  @Test
  void a_factory_that_code_makes_itself_reaches_no_tool() {
    assertThat(
            run(
                """
                forged = type(ask_specialist)("report__title", "", ["reference"], {"starts": ["str"]})
                try:
                    forged("x")
                except NameError as problem:
                    print(problem)
                """))
        .isEqualTo("This job has no tool named 'report__title'\n");
  }

  @Test
  void a_factory_is_not_called_as_a_tool_of_all_agents_is() {
    var clash = Agent.named("boss").subTasks(new Clash()).build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> errand.submit(clash))
        .withMessage(
            "Agent boss has a subtask factory in_use, and a tool of all agents is called so too");
  }

  @Test
  void a_child_may_be_a_java_program() {
    errand.register(
        Agent.named("adder")
            .program(job -> job.var("a", Integer.class) + job.var("b", Integer.class))
            .build());
    var boss = Agent.named("boss").subTasks(new Arithmetic()).build();
    var code =
        """
        print(add(3, 4).result)
        child = create_new_job(agent("adder"), {"a": 5, "b": 6})
        print(create_sub_task(child).result)
        """;
    assertThat(printed(submit(boss, code))).isEqualTo("7\n11\n");
  }
}
