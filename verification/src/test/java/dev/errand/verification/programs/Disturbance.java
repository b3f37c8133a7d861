package dev.errand.verification.programs;

import dev.errand.verification.programs.KilledWorkspaces.Moment;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/// What is done to a job while it works: the lives of its workers one after the other, the last of
/// which is not cut short.
record Disturbance(boolean onDisk, List<Life> lives, Life last) {
  /// A worker from its start to its crash, or until it is drained, if it comes to that.
  ///
  /// @param warmJobs how many waiting processes it keeps
  /// @param endAt the write to the store at which it crashes, or begins to drain; 0 for none
  /// @param after whether that write is still made
  /// @param drained whether it drains instead of crashing
  record Life(int warmJobs, int endAt, boolean after, boolean drained, List<Kill> kills) {
    /// A plan for this life, which counts what is asked for.
    KilledWorkspaces.Plan plan() {
      var asked = new AtomicInteger();
      return (job, what) -> {
        int at = asked.incrementAndGet();
        return kills.stream().filter(kill -> kill.at() == at).map(Kill::moment).toList();
      };
    }
  }

  /// A Python process killed when its code asks for something.
  ///
  /// @param at which of all that is asked for during this life, from 1
  record Kill(int at, Moment moment) {}

  /// A job may not be told that its workspace died: that takes three deaths in a row.
  private static final int MOST_KILLS = 2;

  static Arbitrary<Disturbance> any() {
    var cutShort = life(Arbitraries.integers().between(1, 40).shrinkTowards(40));
    return Combinators.combine(
            Arbitraries.frequency(Tuple.of(12, false), Tuple.of(1, true)),
            cutShort.list().ofMaxSize(2),
            life(Arbitraries.just(0)))
        .as(Disturbance::new);
  }

  private static Arbitrary<Life> life(Arbitrary<Integer> endAt) {
    var kill =
        Combinators.combine(Arbitraries.integers().between(1, 60), Arbitraries.of(Moment.class))
            .as(Kill::new);
    return Combinators.combine(
            Arbitraries.of(64, 0, 1),
            endAt,
            Arbitraries.of(false, true),
            Arbitraries.of(false, true),
            kill.list().ofMaxSize(MOST_KILLS))
        .as(Life::new);
  }
}
