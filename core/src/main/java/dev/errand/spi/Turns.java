package dev.errand.spi;

import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Which place a job takes in the queue of its agent, and which agent was served when: what a store
/// remembers to hand out jobs in turn, as [Store#claim] says.
///
/// Kept in memory; it holds a few numbers for each queue, and one for each flow that is ahead of
/// the others of its queue. Not thread-safe.
public final class Turns {
  private static final int FLOWS_BEFORE_PRUNING = 256;

  private final Map<Queue, Served> queues = new HashMap<>();
  private final List<Runnable> undo = new ArrayList<>();
  private boolean isMarked;
  private long handedOut;

  /// Nothing was handed out yet.
  public Turns() {}

  /// The same, to be gone on with apart.
  public Turns(Turns other) {
    other.queues.forEach((queue, served) -> queues.put(queue, new Served(served)));
    handedOut = other.handedOut;
  }

  /// The jobs of one agent that have one priority; they stand by their places.
  ///
  /// @param priority the higher goes first
  /// @param agent the agent's name
  public record Queue(int priority, String agent) {
    /// The queue that a job stands in while it is due.
    public static Queue of(JobRecord job) {
      return new Queue(job.origin().priority(), job.origin().agent());
    }
  }

  /// Jobs of one tree that stand one behind the other.
  ///
  /// @param begun whether they have begun before
  private record Flow(JobId root, boolean begun) {}

  /// What is known of a queue.
  private static final class Served {
    private final Map<Flow, Long> last;
    private long highest;

    /// How many were handed out at the highest place, and how many flows had others behind it when
    /// it was reached.
    private long handedOut;

    private long standing;

    private long turn;
    private int prunedAt = FLOWS_BEFORE_PRUNING;

    Served() {
      last = new HashMap<>();
    }

    Served(Served other) {
      last = new HashMap<>(other.last);
      highest = other.highest;
      handedOut = other.handedOut;
      standing = other.standing;
      turn = other.turn;
      prunedAt = other.prunedAt;
    }

    /// Puts the numbers back to what they are now.
    Runnable numbers() {
      long highestNow = highest;
      long handedOutNow = handedOut;
      long standingNow = standing;
      long turnNow = turn;
      return () -> {
        highest = highestNow;
        handedOut = handedOutNow;
        standing = standingNow;
        turn = turnNow;
      };
    }

    void handOut(long place) {
      if (place > highest) {
        reach(place);
      }
      if (place == highest) {
        handedOut++;
      }
    }

    /// A new round begins: those that stand here now come once each before anybody's next.
    void reach(long place) {
      highest = place;
      handedOut = 0;
      standing = 0;
      for (long taken : last.values()) {
        standing += taken > place ? 1 : 0;
      }
    }

    /// The place of a flow that has none ahead: that of the round, until as many were handed out as
    /// there are flows with more to come, and the next one after that. So new trees that never end
    /// to come do not keep those that are there from their turns.
    private long join() {
      return handedOut >= Math.max(1, standing) ? highest + 1 : highest;
    }

    long take(Flow flow) {
      long next = last.getOrDefault(flow, 0L) + 1;
      long place = next > highest ? next : join();
      last.put(flow, place);
      return place;
    }

    /// A flow that is behind the others takes the highest place next, as an unknown one does.
    private void prune() {
      if (last.size() > prunedAt) {
        last.values().removeIf(taken -> taken < highest);
        prunedAt = Math.max(FLOWS_BEFORE_PRUNING, 2 * last.size());
      }
    }

    /// Has the flow stand where it stands now.
    Runnable standing(Flow flow) {
      var place = last.get(flow);
      return () -> {
        if (place == null) {
          last.remove(flow);
        } else {
          last.put(flow, place);
        }
      };
    }
  }

  /// Has what is done from now on be such as can be taken back; what was done before cannot be any
  /// more.
  public void mark() {
    undo.clear();
    isMarked = true;
    queues.values().forEach(Served::prune);
  }

  /// Takes back what was done since the [#mark].
  public void takeBack() {
    undo.reversed().forEach(Runnable::run);
    undo.clear();
    isMarked = false;
  }

  /// The place that a job takes which falls due as it stands.
  public long take(JobRecord job) {
    return take(Queue.of(job), job.id().root(), job.status() != JobStatus.READY);
  }

  /// The place that a job of this tree takes.
  ///
  /// @param begun whether it has begun, that is, is no longer `READY`
  public long take(Queue queue, JobId root, boolean begun) {
    var served = served(queue);
    var flow = new Flow(root, begun);
    if (isMarked) {
      undo.add(served.standing(flow));
    } else {
      served.prune();
    }
    return served.take(flow);
  }

  /// A job with that place was handed out.
  public void handOut(Queue queue, long place) {
    var served = served(queue);
    if (isMarked) {
      undo.add(served.numbers());
    }
    served.handOut(place);
    served.turn = ++handedOut;
  }

  /// Has nobody take a lower place in that queue from now on: for a store that is opened again, the
  /// lowest place of the jobs which stand there.
  public void resume(Queue queue, long place) {
    if (place > served(queue).highest) {
      served(queue).reach(place);
    }
  }

  /// When a job of that queue was handed out last, as a number that grows with every job; 0 for
  /// never.
  public long lastTurn(Queue queue) {
    var served = queues.get(queue);
    return served == null ? 0 : served.turn;
  }

  private Served served(Queue queue) {
    return queues.computeIfAbsent(queue, ignored -> new Served());
  }
}
