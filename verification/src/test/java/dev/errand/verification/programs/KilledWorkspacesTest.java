package dev.errand.verification.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.job.Outcome;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Disturbance.Kill;
import dev.errand.verification.programs.Disturbance.Moment;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Single cases of what [DisturbedProgramsTest] tries at random.
class KilledWorkspacesTest {
  private static final CPythonRuntime RUNTIME = CPythonRuntime.create();

  @AfterAll
  static void stop() {
    RUNTIME.close();
  }

  @ParameterizedTest
  @EnumSource(Moment.class)
  void a_child_whose_creator_is_killed_before_giving_it_a_handler_gets_one_all_the_same(
      Moment moment) throws Exception {
    var code =
        """
        @subtask
        def twice(n, **kwargs):
            print("twice", n)
            job = create_new_job(agent("helper"), shared_vars={"n": n},
                                 warmup_code="complete_sub_task(result=2 * n); exit('done')")
            print("created")
            return job

        exit([twice(n, id=n).result for n in (1, 2)])
        """;
    for (int at = 1; at < 8; at++) {
      assertThat(outcome(code, new Kill(at, moment)).value(Object.class))
          .as("killed at " + at)
          .isEqualTo(List.of(2, 4));
    }
  }

  private static Outcome outcome(String code, Kill kill) throws InterruptedException {
    try (var errand =
        Errand.builder()
            .store(new MemoryStore(InstantSource.system()))
            .runtime(new KilledWorkspaces(RUNTIME, List.of(kill)))
            .open()) {
      errand.worker().start();
      var job = errand.submit(Agent.named("main").build(), spec -> spec.code(code));
      return job.await(Duration.ofMinutes(1));
    }
  }
}
