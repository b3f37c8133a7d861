package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.Program;
import dev.errand.agent.SubTaskSpec;
import dev.errand.job.JobFailedException;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.RefusedException;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.TaskError;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Results that must fit a schema: who delivers another is told, and may deliver again.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TypedResultsTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();

  private static final String SCHEMA =
      """
      schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
      """;

  private final Errand errand =
      Errand.builder()
          .store(new MemoryStore(InstantSource.system()))
          .runtime(Waiting.KEPT.over(PYTHON))
          .open();

  record Finding(String where, int count, List<String> names) {}

  @AfterEach
  void closeErrand() {
    errand.close();
  }

  @AfterAll
  static void close() {
    PYTHON.close();
  }

  private Outcome run(String code) throws InterruptedException {
    errand.worker().start();
    return errand
        .submit(Agent.named("parent").build(), spec -> spec.code(SCHEMA + code))
        .await(LONG);
  }

  private Outcome run(Program program) throws InterruptedException {
    errand.worker().start();
    return errand.submit(Agent.named("root").program(program).build()).await(LONG);
  }

  @Test
  void a_child_that_delivers_a_misfit_is_told_and_delivers_again() throws Exception {
    var outcome =
        run(
            """
            code = '''
            try:
                complete_sub_task(result={"n": "many"})
            except ValueError as misfit:
                print(misfit)
                complete_sub_task(result={"n": len(str(misfit).split(";"))})
            '''
            h = create_sub_task(create_new_job(agent("counter"), warmup_code=code, result_schema=schema))
            exit(h.result)
            """);

    assertThat(outcome.value(Map.class).get("n")).isEqualTo(1);
    var child = errand.jobs().get(1);
    assertThat(errand.job(child.id().text()).history(0, 100))
        .anySatisfy(
            entry ->
                assertThat(entry.data().text("text").orElse(""))
                    .contains("The result does not fit its schema: /n")
                    .contains("integer"));
  }

  @Test
  void a_function_that_returns_a_misfit_fails() throws Exception {
    var outcome =
        run(
            """
            def count(text):
                return {"m": len(text)}

            h = delegate(count, "abc", result_schema=schema)
            try:
                h.result
            except SubTaskError as failed:
                exit([failed.error.kind, str(failed)])
            """);

    var told = outcome.value(Object[].class);
    assertThat(told[0]).isEqualTo("misfit");
    assertThat(told[1].toString()).contains("does not fit its schema").contains("'n'");
  }

  @Test
  void what_json_does_not_hold_fits_no_schema() throws Exception {
    var outcome =
        run(
            """
            h = delegate(lambda: {1, 2}, result_schema={})
            exit(h.error is None or h.error.kind if wait_all(h) else None)
            """);

    assertThat(outcome.value(String.class)).isEqualTo("misfit");
  }

  @Test
  void what_is_no_schema_is_refused_and_nothing_is_created() throws Exception {
    var outcome =
        run(
            """
            refused = []
            for wrong in ({"type": "integre"}, {"$ref": "https://example.org/else"}, ["n"]):
                try:
                    delegate(len, "abc", result_schema=wrong)
                except (ValueError, TypeError) as problem:
                    refused.append(str(problem)[:18])
            exit([len(sub_tasks()), *refused])
            """);

    assertThat(outcome.value(Object[].class))
        .containsExactly(0, "The result schema ", "The result schema ", "result_schema must");
  }

  @Test
  void a_java_parent_asks_for_a_record() throws Exception {
    errand.register(
        Agent.named("finder").program(job -> new Finding("here", 2, List.of("a", "b"))).build());
    errand.register(Agent.named("loser").program(job -> Map.of("where", "there")).build());
    var outcome =
        run(
            scope -> {
              assertThatThrownBy(() -> found(scope, "loser"))
                  .isInstanceOfSatisfying(
                      JobFailedException.class,
                      failed -> assertThat(failed.error().kind()).isEqualTo(TaskError.Kind.MISFIT))
                  .hasMessageContaining("count");
              return found(scope, "finder");
            });

    assertThat(outcome.value(Finding.class)).isEqualTo(new Finding("here", 2, List.of("a", "b")));
  }

  private static Finding found(JobScope scope, String agent) {
    return scope
        .start(SubTaskSpec.of(agent).resultType(Finding.class))
        .await()
        .result(Finding.class);
  }

  @Test
  void a_java_parent_is_refused_what_is_no_schema() throws Exception {
    var outcome =
        run(
            scope -> {
              assertThatThrownBy(
                      () -> scope.start(SubTaskSpec.of("any").resultSchema(Json.object("type", 7))))
                  .isInstanceOf(RefusedException.class)
                  .hasMessageContaining("no JSON schema");
              return 1;
            });

    assertThat(outcome.value(Integer.class)).isEqualTo(1);
  }

  @Test
  void the_application_cannot_complete_a_handler_with_a_misfit() throws Exception {
    errand.worker().start();
    var job =
        errand.submit(
            Agent.named("parent").build(),
            spec ->
                spec.code(
                    SCHEMA
                        + """
                        h = create_sub_task(create_new_job(
                            agent("slow"), warmup_code="callback('never').result", result_schema=schema))
                        exit(h.result["n"])
                        """));
    Awaitility.await().atMost(LONG).until(() -> !job.children().isEmpty());
    var child = job.children().getFirst();
    assertThatThrownBy(() -> child.complete(Map.of("m", 1)))
        .isInstanceOf(SignalRefusedException.class)
        .hasMessageContaining("does not fit its schema");
    child.complete(Map.of("n", 5));

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(5);
  }
}
