package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.job.Limits;
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
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A model whose code goes over a limit, from the code to the next turn.
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

  private Model saying(String... blocks) {
    return request -> {
      asked.add(request);
      var block = blocks[Math.min(asked.size(), blocks.length) - 1];
      return new Model.Reply("```python\n" + block + "\n```", Usage.NONE);
    };
  }
}
