package dev.errand.jdbc;

import dev.errand.job.JobId;
import dev.errand.spi.Turns;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The turns of this process, for transactions of several threads.
final class Queues {
  private final Set<Turns.Queue> served = new LinkedHashSet<>();
  private final Turns turns = new Turns();

  synchronized long take(Turns.Queue queue, JobId root, boolean hasBegun) {
    return turns.take(queue, root, hasBegun);
  }

  synchronized void handOut(Turns.Queue queue, long place) {
    turns.handOut(queue, place);
    served.add(queue);
  }

  /// The queues of which jobs were handed out.
  synchronized List<Turns.Queue> served() {
    return List.copyOf(served);
  }

  synchronized void resume(Turns.Queue queue, long place) {
    turns.resume(queue, place);
  }

  synchronized long lastTurn(Turns.Queue queue) {
    return turns.lastTurn(queue);
  }

  /// Has what is done from now on be such as can be taken back.
  synchronized void mark() {
    turns.mark();
  }

  /// Takes back what was done since. What others did meanwhile goes with it, and some places are
  /// then given twice: the jobs that stand there are handed out in the order in which they fell
  /// due.
  synchronized void takeBack() {
    turns.takeBack();
  }
}
