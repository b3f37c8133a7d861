package dev.errand.verification.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Disturbance.Kill;
import dev.errand.verification.programs.Disturbance.Life;
import dev.errand.verification.programs.KilledWorkspaces.Moment;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Single cases of what [DisturbedProgramsTest] tries at random.
class KilledWorkspacesTest {
  private static final int ROUNDS = Integer.getInteger("errand.rounds", 3);
  private static final Life QUIET = new Life(64, 0, false, false, List.of());
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
      var kill =
          new Disturbance(
              false, List.of(), new Life(64, 0, false, false, List.of(new Kill(at, moment))));
      assertThat(account(List.of(code), kill).outcome())
          .as(kill.toString())
          .isEqualTo("succeeded with [2,4]");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wait_all(sub_tasks())",
        "done = delegate(f, 2).result\nsub_tasks()",
        "again = delegate(lambda: t).result\nwait_all([again])",
        "delegate(lambda: [t]).result[0].result"
      })
  void what_code_learns_of_a_handler_that_it_was_given_anew_outlives_its_process(String learning)
      throws Exception {
    // Whoever knows the end asks for none, so that his later questions have other numbers.
    var blocks =
        List.of(
            "def f(n):\n    return n\n\nt = delegate(f, 1)",
            learning,
            """
            wait_all([t])
            print('once')
            print([t.result, fetch(2), fetch(4), fetch(5)])
            """);
    var expected = account(blocks, new Disturbance(false, List.of(), QUIET));
    assertThat(expected.outcome()).startsWith("succeeded");
    for (int first = 1; first <= 12; first++) {
      for (int second = first + 1; second <= 15; second++) {
        var kills =
            List.of(new Kill(first, Moment.UNANSWERED), new Kill(second, Moment.UNANSWERED));
        var twice = new Disturbance(false, List.of(), new Life(64, 0, false, false, kills));
        assertThat(account(blocks, twice)).as(twice.toString()).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "exit('early'), succeeded with early",
    "raise ValueError('early'), failed with ValueError: early"
  })
  void an_end_within_a_block_outlives_a_crash_at_any_write(String end, String outcome)
      throws Exception {
    var blocks =
        List.of(
            "for i in range(9):\n    print('x' * 70000)\n" + end + "\nmark(1)", "print('never')");
    for (int round = 0; round < ROUNDS; round++) {
      for (int at = 1; at <= 14; at++) {
        for (boolean after : new boolean[] {false, true}) {
          var crash =
              new Disturbance(false, List.of(new Life(64, at, after, false, List.of())), QUIET);
          assertThat(account(blocks, crash).outcome()).as(crash.toString()).isEqualTo(outcome);
        }
      }
    }
  }

  private static Account account(List<String> blocks, Disturbance disturbance)
      throws InterruptedException {
    var clock = ManualClock.create();
    return new Disturbed(2, blocks, RUNTIME, clock, new MemoryStore(clock)).account(disturbance);
  }
}
