package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.graalpy.GraalPyRuntime;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/// Jobs whose agent chose GraalPy, from the store to the end, with one context for all of them.
class GraalPyJobsTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  @AutoClose
  private final Errand errand =
      Errand.builder()
          .store(new MemoryStore(InstantSource.system()))
          .runtime(GraalPyRuntime.builder().contexts(1).build())
          .open();

  @Test
  void a_parent_that_waits_gives_its_context_to_its_child() throws Exception {
    errand.worker().start();
    var agent = Agent.named("careful").runtime("graalpy").build();
    var code =
        """
        def double(x):
            return {'twice': 2 * x}
        total = 0
        for h in [delegate(double, x, id=str(x)) for x in (1, 20)]:
            total += h.result['twice']
        exit(total)
        """;
    var outcome = errand.submit(agent, spec -> spec.code(code)).await(LONG);
    assertThat(outcome.value(Integer.class)).isEqualTo(42);
  }
}
