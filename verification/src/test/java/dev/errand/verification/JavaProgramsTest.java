package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Program;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.Tool;
import dev.errand.job.Entry;
import dev.errand.job.JobFailedException;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.SubTaskState;
import dev.errand.job.TaskError;
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
                handlers.add(scope.delegate("square").id("n" + n).var("n", n).start());
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
            children.add(scope.delegate("node").var("depth", depth - 1).start());
          }
          return scope.awaitAll(children).stream().mapToInt(c -> c.result(Integer.class)).sum();
        });
    errand.worker().concurrency(2).warmJobs(warmJobs).start();
    var job =
        submit(
            scope -> scope.delegate("node").var("depth", 3).start().await().result(Integer.class));

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
              var handler = scope.delegate("broken").start().await();
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
    knowing("waits", job -> job.delegate("never").start().await().result());
    start();
    var job =
        submit(
            scope ->
                scope
                    .awaitAny(
                        List.of(scope.delegate("waits").start(), scope.delegate("quick").start()))
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
              scope.delegate("quick").id("a").start();
              scope.delegate("quick").id("a").start();
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
  void a_tool_is_called_once_and_its_failure_is_an_exception() throws Exception {
    var calls = new AtomicInteger();
    var tool =
        Tool.of(
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
