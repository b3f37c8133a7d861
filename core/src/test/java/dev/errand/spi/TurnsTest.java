package dev.errand.spi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.JobId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

class TurnsTest {
  private static final List<Turns.Queue> QUEUES =
      List.of(new Turns.Queue(0, "a"), new Turns.Queue(1, "a"), new Turns.Queue(0, "b"));

  /// So many that flows are pruned, too.
  private static final int ROOTS = 600;

  @Test
  void what_was_taken_back_is_as_if_it_had_never_been(TestReporter reporter) {
    long seed = new Random().nextLong();
    reporter.publishEntry("seed", String.valueOf(seed));
    var random = new Random(seed);
    var turns = new Turns();
    for (int round = 0; round < 300; round++) {
      act(turns, random.nextLong(), random.nextInt(40));
      var before = new Turns(turns);
      turns.mark();
      act(turns, random.nextLong(), random.nextInt(40));
      turns.takeBack();
      long same = random.nextLong();

      assertThat(act(new Turns(turns), same, 40))
          .as("seed %d, round %d", seed, round)
          .isEqualTo(act(before, same, 40));
    }
  }

  /// Does so many things, and tells what places were given and whose turn it was.
  private static List<Long> act(Turns turns, long seed, int many) {
    var random = new Random(seed);
    var told = new ArrayList<Long>();
    for (int n = 0; n < many; n++) {
      var queue = QUEUES.get(random.nextInt(QUEUES.size()));
      if (random.nextInt(3) == 0) {
        turns.handOut(queue, random.nextInt(50));
      } else {
        var root = new JobId("r" + random.nextInt(ROOTS));
        told.add(turns.take(queue, root, random.nextBoolean()));
      }
    }
    QUEUES.stream()
        .sorted((a, b) -> Long.compare(turns.lastTurn(a), turns.lastTurn(b)))
        .forEach(queue -> told.add((long) QUEUES.indexOf(queue)));
    return told;
  }
}
