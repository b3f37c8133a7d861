package dev.errand.verification.statek;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.job.CodeBlock;
import dev.errand.job.JobStatus;
import dev.errand.job.Limits;
import dev.errand.job.Outcome;
import dev.errand.job.TaskError;
import dev.errand.job.Usage;
import dev.errand.job.Variable;
import dev.errand.testkit.MemoryStore;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// T014 to T024 and A01 to A09: agents with code of their own, and the events that it reads.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EventCasesTest {
  private static final String WRONG =
      "Agent 'clerk' warmup definition must reference exactly one external local, got ";

  @AutoClose private final AgentCode code = new AgentCode();

  private static Agent clerk(String... warmup) {
    var clerk = Agent.named("clerk");
    Stream.of(warmup).forEach(clerk::warmup);
    return clerk.build();
  }

  private static Outcome outcome(Errand errand, Agent agent, Object event) {
    return AgentCode.outcome(errand.submit(agent, spec -> spec.event(event)));
  }

  private static String message(Outcome outcome) {
    return outcome instanceof Outcome.Failed(var error) ? error.message() : outcome.toString();
  }

  private static List<String> variables(Job job) {
    return job.variables().stream().map(Variable::name).sorted().toList();
  }

  /// Each piece of code reads no external name, or more than one, and is told which.
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = ';',
      value = {
        "T014 in the order in which they first appear;second = 1\\n"
            + "first + second + third;first third",
        "T015 each once;a + b + a + b;a b",
        "T016 a name that was assigned is not external;a = 1\\na;''",
        "T016 but it is where it is read before;a = a + b;a b",
        "T017 targets of attributes and items after the value;o.x = v\\nc[k] = w;v o w c k",
        "T018 parts of a tuple are bound;first, (second, *rest) = 1, (2, 3)\\nfirst + second;''",
        "T019 builtins;print(len(a), max, b);a b",
        "T019 what the library and tools offer;wait_all(a, SubTaskState, read_text, b);a b",
        "T020 what is called directly;transform(x, y=z);x z",
        "T021 the receiver of a method;service.send(a);service a",
        "T022 the iterable, then the others;[x * factor for x in items if x > least];items least"
            + " factor",
        "T023 outside a comprehension its variable is external;[x for x in xs]\\nx;xs x",
        "functions see what is bound later;def f(a): return a + late + never\\n"
            + "late = 1\\n"
            + "f(now);now never",
        "methods do not see what their class binds;class A:\\n"
            + "  x = y\\n"
            + "  def m(self): return x;y x",
        "loops, with, except, import and match bind;for i in n: i\\n"
            + "with w as v: v\\n"
            + "import re as r\\n"
            + "r;n w",
      })
  void the_names_that_code_reads_and_does_not_bind_are_told(
      String name, String warmup, String expected) {
    var names = expected.isEmpty() ? "[]" : "['" + expected.replace(" ", "', '") + "']";
    var outcome = outcome(code.errand(), clerk(warmup.replace("\\n", "\n")), 1);
    assertThat(message(outcome)).as(name).isEqualTo(WRONG + names);
  }

  @Test
  void t024_code_that_is_no_python_is_a_syntax_error() {
    assertThat(message(outcome(code.errand(), clerk("a +"), 1))).startsWith("SyntaxError");
  }

  enum Kept {
    IN_MEMORY,
    IN_A_FILE;

    Errand open(Path folder) {
      return switch (this) {
        case IN_MEMORY -> Errand.builder().store(new MemoryStore(InstantSource.system())).open();
        case IN_A_FILE -> Errand.open(folder.resolve("jobs.db"));
      };
    }
  }

  /// A01, A02.
  @ParameterizedTest
  @EnumSource
  void each_event_is_a_job_of_its_own_under_one_definition(Kept kept, @TempDir Path folder) {
    try (var errand = kept.open(folder)) {
      var clerk = clerk("total = order['amount'] + 1", "exit(total)");
      errand.worker().start();
      var jobs =
          Stream.of(1, 2)
              .map(n -> errand.submit(clerk, spec -> spec.event(Map.of("amount", n))))
              .toList();
      assertThat(jobs.stream().map(AgentCode::outcome).map(ended -> ended.value(Integer.class)))
          .containsExactly(2, 3);
      assertThat(jobs.stream().map(job -> job.record().definition()).distinct()).hasSize(1);
      assertThat(variables(jobs.getFirst())).containsExactly("order", "total");
    }
  }

  /// A06, A07, A08.
  @ParameterizedTest
  @EnumSource
  void an_event_that_no_one_name_can_be_given_fails_its_job_and_stays_with_it(
      Kept kept, @TempDir Path folder) {
    try (var errand = kept.open(folder)) {
      errand.worker().start();
      var wrong = errand.submit(clerk("a + b"), spec -> spec.event(List.of(7)));
      assertThat(AgentCode.outcome(wrong))
          .isInstanceOfSatisfying(
              Outcome.Failed.class,
              failed -> {
                assertThat(failed.error().message()).isEqualTo(WRONG + "['a', 'b']");
                assertThat(failed.error().kind()).isEqualTo(TaskError.Kind.REFUSED_CODE);
                assertThat(failed.error().advice()).contains("the job still has the event");
              });
      assertThat(wrong.variables())
          .extracting(variable -> variable.name() + " = " + variable.preview())
          .containsExactly(CodeBlock.EVENT + " = [7]");
      assertThat(outcome(errand, clerk("exit(a)"), 1).value(Integer.class)).isEqualTo(1);
    }
  }

  /// A03, A04, A05, A09: an event waits as its job, for a worker that can take it.
  @Test
  void an_event_waits_until_a_worker_takes_its_job(@TempDir Path folder) {
    try (var errand = Errand.open(folder.resolve("jobs.db"))) {
      var waiting = errand.submit(clerk("exit(order)"), spec -> spec.event("first"));
      assertThat(waiting.record().status()).isEqualTo(JobStatus.READY);
      assertThat(waiting.variables()).extracting(Variable::preview).containsExactly("\"first\"");
    }
    try (var errand = Errand.open(folder.resolve("jobs.db"))) {
      errand.worker().start();
      var waiting = errand.job(errand.roots().getFirst().id().text());
      assertThat(AgentCode.outcome(waiting).value(String.class)).isEqualTo("first");
    }
  }

  @Test
  void an_agent_without_code_of_its_own_takes_no_event() {
    assertThatThrownBy(() -> outcome(code.errand(), clerk(), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Agent clerk has no code of its own to read an event; give it some with"
                + " Agent.Builder.warmup");
  }

  @Test
  void an_agents_own_code_comes_after_what_its_job_is_given_and_before_its_model() {
    Model model = request -> new Model.Reply(request.messages().getLast().text(), Usage.NONE);
    var agent =
        Agent.named("clerk").model(model).warmup("print('own', given)").warmup("given = 0").build();
    var job = code.submit(agent, spec -> spec, "given = 1\nprint('given')");
    assertThat(AgentCode.outcome(job).value(String.class))
        .isEqualTo("<console>\ngiven\nown 1\n</console>\n");
  }

  @Test
  void every_job_of_an_agent_carries_its_code_out_whoever_creates_it() {
    code.errand().register(clerk("print('ready')"));
    var job = code.submit("delegate_task(agent('clerk'), \"print('given')\").value");
    AgentCode.printed(job);
    assertThat(AgentCode.console(job.children().getFirst())).isEqualTo("given\nready\n");
  }

  @Test
  void a_delegated_function_is_carried_out_without_it() {
    var job =
        code.submit(clerk("exit(delegate(lambda: 'plain').result)"), spec -> spec.event("unread"));
    assertThat(message(AgentCode.outcome(job))).isEqualTo(WRONG + "[]");
    var other = code.submit(clerk("exit(delegate(lambda: 'plain').result)"), spec -> spec);
    assertThat(AgentCode.outcome(other).value(String.class)).isEqualTo("plain");
  }

  @Test
  void a_program_has_no_such_code() {
    assertThatThrownBy(() -> Agent.named("clerk").program(job -> 1).warmup("1").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Agent clerk has a program and warm-up code");
  }

  @Test
  void a_limit_of_turns_is_not_used_up_by_it() {
    Model model = request -> new Model.Reply("```python\nexit(1)\n```", Usage.NONE);
    var agent =
        Agent.named("clerk")
            .model(model)
            .warmup("1")
            .warmup("2")
            .limits(Limits.DEFAULT.withTurns(1))
            .build();
    assertThat(AgentCode.outcome(code.submit(agent, spec -> spec)).value(Integer.class))
        .isEqualTo(1);
  }
}
