package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.Program;
import dev.errand.agent.SubTask;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Entry;
import dev.errand.job.JobFailedException;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.SubTaskState;
import dev.errand.job.TaskError;
import dev.errand.job.Usage;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// Java programs as parents and children, with waiting threads kept and with every one given up.
@ParameterizedClass
@ValueSource(ints = {64, 0})
class JavaProgramsTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  @Parameter int warmJobs;

  private final Errand errand =
      Errand.builder().store(new MemoryStore(InstantSource.system())).open();

  @AfterEach
  void close() {
    errand.close();
  }

  private Job submit(Program program) {
    return errand.submit(Agent.named("root").program(program).build());
  }

  private void knowing(String name, Program program) {
    errand.register(Agent.named(name).program(program).build());
  }

  private void start() {
    errand.worker().concurrency(4).warmJobs(warmJobs).start();
  }

  @Test
  void a_program_without_children_gives_its_value() throws Exception {
    start();
    assertThat(submit(job -> "done").await(LONG).value(String.class)).isEqualTo("done");
  }

  @Test
  void a_parent_waits_for_each_of_its_children_and_adds_every_result_once() throws Exception {
    knowing("square", job -> job.var("n", Integer.class) * job.var("n", Integer.class));
    start();
    var job =
        submit(
            scope -> {
              var handlers = new ArrayList<SubTaskHandler>();
              for (int n = 0; n < 50; n++) {
                handlers.add(scope.start(SubTaskSpec.of("square").id("n" + n).var("n", n)));
              }
              int sum = 0;
              for (var handler : handlers) {
                sum += handler.await().result(Integer.class);
              }
              return sum;
            });

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(40425);
    assertThat(job.children()).hasSize(50).allMatch(child -> child.outcome().isPresent());
  }

  @Test
  void a_tree_deeper_than_the_concurrency_ends() throws Exception {
    knowing(
        "node",
        scope -> {
          int depth = scope.var("depth", Integer.class);
          if (depth == 0) {
            return 1;
          }
          var children = new ArrayList<SubTaskHandler>();
          for (int i = 0; i < 3; i++) {
            children.add(scope.start(SubTaskSpec.of("node").var("depth", depth - 1)));
          }
          return scope.awaitAll(children).stream().mapToInt(c -> c.result(Integer.class)).sum();
        });
    errand.worker().concurrency(2).warmJobs(warmJobs).start();
    var job =
        submit(
            scope ->
                scope.start(SubTaskSpec.of("node").var("depth", 3)).await().result(Integer.class));

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(27);
  }

  @Test
  void a_child_that_fails_tells_its_parent_why() throws Exception {
    knowing(
        "broken",
        job -> {
          throw new IllegalStateException("no disk");
        });
    start();
    var job =
        submit(
            scope -> {
              var handler = scope.start(SubTaskSpec.of("broken")).await();
              assertThat(handler.state()).isEqualTo(SubTaskState.ERROR);
              return handler.error().orElseThrow().message();
            });

    assertThat(job.await(LONG).value(String.class)).isEqualTo("IllegalStateException: no disk");
  }

  @Test
  void an_uncaught_exception_fails_the_job() throws Exception {
    start();
    var outcome =
        submit(
                scope -> {
                  throw new IllegalStateException("no disk");
                })
            .await(LONG);

    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
    assertThatThrownBy(() -> outcome.value(String.class))
        .isInstanceOf(JobFailedException.class)
        .hasMessageContaining("no disk");
  }

  @Test
  void wait_any_returns_a_child_that_ended() throws Exception {
    knowing("quick", job -> "quick");
    knowing("waits", job -> job.callback("never").await().result());
    start();
    var job =
        submit(
            scope ->
                scope
                    .awaitAny(
                        List.of(
                            scope.start(SubTaskSpec.of("waits")),
                            scope.start(SubTaskSpec.of("quick"))))
                    .result(String.class));

    assertThat(job.await(LONG).value(String.class)).isEqualTo("quick");
  }

  @Test
  void the_same_subtask_id_is_refused_the_second_time() throws Exception {
    knowing("quick", job -> "quick");
    start();
    var job =
        submit(
            scope -> {
              scope.start(SubTaskSpec.of("quick").id("a"));
              scope.start(SubTaskSpec.of("quick").id("a"));
              return null;
            });

    assertThat(job.await(LONG))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> {
              assertThat(failed.error().kind()).isEqualTo(TaskError.Kind.EXCEPTION);
              assertThat(failed.error().message()).contains("Sub-task id=\"a\" is taken by job");
            });
  }

  @Test
  void a_task_of_which_only_the_end_matters_delivers_its_exit_value() throws Exception {
    knowing("half", job -> job.var("n", Integer.class) / 2);
    start();
    var job =
        submit(
            scope -> {
              var half = scope.delegateTask(SubTaskSpec.of("half").var("n", 8));
              var broken = scope.delegateTask(SubTaskSpec.of("half"));
              var ended = scope.awaitAll(List.of(half, broken));
              return ended.getFirst().result(Integer.class)
                  + ended.getLast().error().orElseThrow().message();
            });

    assertThat(job.await(LONG).value(String.class))
        .isEqualTo("4IllegalArgumentException: Job %s.2 was given no variable n", job.id());
  }

  @Test
  void a_task_of_which_only_the_end_matters_has_no_id() throws Exception {
    start();
    var job =
        submit(scope -> scope.delegateTask(SubTaskSpec.of("half").id("x")).result(String.class));

    assertThat(job.await(LONG))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.error().message()).contains("has no id; start() it"));
    assertThat(job.children()).isEmpty();
  }

  @Test
  void a_muted_task_delivers_what_its_model_has_said() throws Exception {
    Model echo =
        request -> new Model.Reply("Heard: " + request.messages().getLast().text(), Usage.NONE);
    errand.register(Agent.named("echo").model(echo).build());
    knowing("silent", job -> 7);
    start();
    var job =
        submit(
            scope -> {
              var words = scope.delegateMuteTask(SubTaskSpec.of("echo").message("hello"));
              var first = scope.awaitAny(List.of(words)).result(String.class);
              var silent = scope.delegateMuteTask(SubTaskSpec.of("silent")).await();
              return String.join(
                  "/", first, words.result(String.class), silent.result(String.class));
            });

    assertThat(job.await(LONG).value(String.class)).isEqualTo("Heard: hello/Heard: hello/7");
  }

  @Test
  void a_message_to_an_agent_without_a_model_is_refused_and_starts_nothing() throws Exception {
    knowing("quick", job -> "quick");
    start();
    var job = submit(scope -> scope.start(SubTaskSpec.of("quick").message("hello")).id());

    assertThat(job.await(LONG))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.error().message()).contains("no model to read a message"));
    assertThat(job.children()).isEmpty();
  }

  @Test
  void a_program_starts_what_a_factory_says() throws Exception {
    final class Desk {
      @SubTask("Squares a number.")
      SubTaskSpec square(int n) {
        return SubTaskSpec.of("square").var("n", n);
      }
    }
    knowing("square", job -> job.var("n", Integer.class) * job.var("n", Integer.class));
    start();
    var desk = new Desk();
    var job = submit(scope -> scope.start(desk.square(7).id("x")).await().result(Integer.class));

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(49);
  }

  @Test
  void a_child_has_the_locale_and_the_parameters_that_it_is_given() throws Exception {
    knowing("quick", job -> "quick");
    start();
    var job =
        submit(
            scope ->
                scope
                    .start(SubTaskSpec.of("quick").locale("pl-PL").param("tone", "dry"))
                    .await()
                    .result(String.class));
    job.await(LONG);

    var address = job.children().getFirst().record().definition();
    var definition = errand.store().definition(address).orElseThrow();
    assertThat(definition.locale()).isEqualTo("pl-PL");
    assertThat(definition.parameters()).isEqualTo(Json.object("tone", "dry"));
  }

  @Test
  void a_tool_is_called_once_and_its_failure_is_an_exception() throws Exception {
    var calls = new AtomicInteger();
    var tool =
        ToolFunction.of(
            "bump",
            "",
            List.of("by"),
            call -> {
              if (call.arguments().number("by").orElseThrow() < 0) {
                throw new IllegalArgumentException("by must not be negative");
              }
              return calls.incrementAndGet();
            });
    var agent =
        Agent.named("root")
            .program(
                scope -> {
                  var first = scope.call("bump", Json.object("by", 1));
                  try {
                    scope.call("bump", Json.object("by", -1));
                  } catch (dev.errand.job.RefusedException refused) {
                    return first.print() + " " + refused.getMessage();
                  }
                  return "not refused";
                })
            .tools(tool)
            .build();
    start();

    assertThat(errand.submit(agent).await(LONG).value(String.class))
        .isEqualTo("1 bump: by must not be negative");
    assertThat(calls).hasValue(1);
  }

  @Test
  void the_same_key_is_one_job() throws Exception {
    var agent = Agent.named("root").program(scope -> scope.id().text()).build();
    start();
    var first = errand.submit(agent, spec -> spec.key("k"));
    var second = errand.submit(agent, spec -> spec.key("k"));

    assertThat(second.id()).isEqualTo(first.id());
    assertThat(first.await(LONG).value(String.class)).isEqualTo(first.id().text());
  }

  @Test
  void what_is_printed_stands_in_the_history_in_order() throws Exception {
    start();
    var job =
        submit(
            scope -> {
              scope.print("one");
              scope.print("two");
              return null;
            });
    job.await(LONG);

    assertThat(job.history(0, 100))
        .filteredOn(entry -> entry.kind() == Entry.Kind.CONSOLE)
        .extracting(entry -> entry.data().text("text").orElseThrow())
        .satisfies(texts -> assertThat(String.join("", texts)).isEqualTo("one\ntwo\n"));
  }
}
