package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.job.Limits;
import dev.errand.job.Outcome;
import dev.errand.job.TaskError;
import dev.errand.job.Usage;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Limits, as models, parents and those who wait meet them.
class LimitsTest {
  private static final Duration LONG = Duration.ofMinutes(2);

  @AutoClose
  private final Errand errand =
      Errand.builder()
          .store(new MemoryStore(InstantSource.system()))
          .runtime(CPythonRuntime.create())
          .open();

  private final List<Model.Request> asked = Collections.synchronizedList(new ArrayList<>());

  static Stream<Arguments> limits() {
    return Stream.of(
        over("while True: pass", "longer than the 500 ms", was -> was),
        over(
            "while True: print('x')",
            "printed more than the 1,000 characters",
            was -> was.withOutputCharacters(1000)),
        over("kept = 'x' * 2000000", "more than the 1 MiB", was -> was.withStoredBytes(1 << 20)),
        over("kept = 2\n".repeat(11), "11 statements", was -> was.withStatements(10)),
        over(
            "kept = 'x' * 10 ** 10",
            "MemoryError",
            was -> was.withMemoryBytes(300 << 20).withBlockTime(LONG)));
  }

  private static Arguments over(String code, String told, UnaryOperator<Limits> limits) {
    return Arguments.of(code, told, limits);
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("limits")
  void a_model_is_told_of_a_limit_and_finds_its_variables_as_they_were(
      String code, String told, UnaryOperator<Limits> limits) throws Exception {
    errand.worker().start();
    var agent =
        Agent.named("speaker")
            .model(saying("kept = 1", code, "exit(kept)"))
            .blockTime(Duration.ofMillis(500))
            .limits(limits)
            .build();
    var outcome = errand.submit(agent, spec -> spec).await(LONG);
    assertThat(asked.getLast().messages().getLast().text()).contains(told);
    assertThat(outcome.value(Integer.class)).isEqualTo(1);
  }

  @Test
  void code_that_raises_too_often_ends_its_job() throws Exception {
    errand.worker().start();
    var agent = Agent.named("speaker").model(saying("1 / 0", "x = 1", "1 / 0"));
    var in = agent.limits(was -> was.withExceptions(3)).build();
    var error = error(errand.submit(in).await(LONG));
    assertThat(error.kind()).isEqualTo(TaskError.Kind.LIMIT);
    assertThat(error.message()).contains("raised in 4 turns, and 3 are its limit");
    assertThat(asked).hasSize(5);
  }

  @Test
  void code_that_raises_again_and_again_ends_its_job() throws Exception {
    errand.worker().start();
    var agent = Agent.named("speaker").model(saying("1 / 0", "x = 1", "1 / 0"));
    var in = agent.limits(was -> was.withExceptionsInRow(1)).build();
    assertThat(error(errand.submit(in).await(LONG)).message())
        .contains("raised in 2 turns one after the other, and 1 are its limit");
    assertThat(asked).hasSize(4);
  }

  @Test
  void zero_exceptions_are_none() throws Exception {
    errand.worker().start();
    var agent = Agent.named("speaker").model(saying("1 / 0"));
    assertThat(
            error(errand.submit(agent.limits(was -> was.withExceptions(0)).build()).await(LONG))
                .kind())
        .isEqualTo(TaskError.Kind.LIMIT);
    assertThat(asked).hasSize(1);
  }

  @Test
  void a_tree_with_fewer_permits_than_waiting_parents_comes_to_its_end() throws Exception {
    errand.worker().concurrency(2).start();
    var agent = Agent.named("parent").build();
    var job =
        errand.submit(
            agent,
            spec ->
                spec.code(
                    """
                    def count(level):
                        if level == 0:
                            return 1
                        return 1 + sum(t.result for t in [delegate(count, level - 1) for n in range(3)])
                    exit(count(3))
                    """));
    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(1 + 3 + 9 + 27);
  }

  @Test
  void a_parent_with_few_places_hears_of_all_its_children() throws Exception {
    errand.worker().start();
    var agent = Agent.named("parent").limits(was -> was.withChildren(2)).build();
    var job =
        errand.submit(
            agent,
            spec ->
                spec.code(
                    """
                    def ask(n): return callback('go').result + n
                    tasks = [delegate(ask, n) for n in range(6)]
                    exit([t.result for t in tasks])
                    """));
    for (int n = 1; n <= 6; n++) {
      var open = Math.min(2, 7 - n);
      Awaitility.await().atMost(LONG).until(() -> job.callbacks().size() == open);
      job.children().get(n - 1).answer("go", 10);
    }
    assertThat(job.await(LONG).value(Object[].class)).containsExactly(10, 11, 12, 13, 14, 15);
  }

  @Test
  void no_children_means_none() throws Exception {
    errand.worker().start();
    var agent = Agent.named("parent").limits(was -> was.withChildren(0)).build();
    var job = errand.submit(agent, spec -> spec.code("delegate(lambda: 1)"));
    assertThat(error(job.await(LONG)).message()).contains("may have no children");
  }

  private static TaskError error(Outcome outcome) {
    return ((Outcome.Failed) outcome).error();
  }

  private Model saying(String... blocks) {
    return request -> {
      asked.add(request);
      var block = blocks[Math.min(asked.size(), blocks.length) - 1];
      return new Model.Reply("```python\n" + block + "\n```", Usage.NONE);
    };
  }
}
