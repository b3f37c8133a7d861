package dev.errand.testkit;

import dev.errand.job.Account;
import dev.errand.job.Callback;
import dev.errand.job.Checkpoint;
import dev.errand.job.Delta;
import dev.errand.job.DurableObject;
import dev.errand.job.Effect;
import dev.errand.job.Entry;
import dev.errand.job.JobEffect;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Stop;
import dev.errand.job.UnknownTurnException;
import dev.errand.job.Wait;
import dev.errand.spi.Store;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/// All that a store shows of its jobs at one moment, to be compared.
///
/// @param jobs every job with what belongs to it
/// @param trees the events and the counts of the trees
/// @param effects the books of effects, and of those the unknown ones
/// @param objects the durable objects
/// @param callbacks those that nobody has answered
/// @param stops what was decided to end
/// @param accounts what may be spent, and was
/// @param nextDue when a job next falls due by itself; the epoch if one is due
record Snapshot(
    List<Member> jobs,
    List<Tree> trees,
    List<List<JobEffect>> effects,
    List<DurableObject> objects,
    List<Callback> callbacks,
    List<Stop> stops,
    List<Account> accounts,
    Optional<Instant> nextDue) {
  private static final int ALL = 100_000;
  private static final int TURNS = 4;

  static Snapshot of(Store store, List<JobId> roots) {
    return new Snapshot(
        store.jobs("", "", ALL).stream().map(job -> Member.of(store, job)).toList(),
        roots.stream().map(root -> Tree.of(store, root)).toList(),
        List.of(store.effects(null, null, ALL), store.unknownEffects(null, null, ALL)),
        store.objects("", ALL),
        store.callbacks(null, null, ALL),
        store.stops(0),
        roots.stream().flatMap(root -> store.accounts(root, null, ALL).stream()).toList(),
        store.nextDue().map(due -> due.isAfter(store.clock().instant()) ? due : Instant.EPOCH));
  }

  /// One job with what belongs to it.
  record Member(
      JobRecord job,
      Optional<JobRecord> found,
      Optional<Wait> waiting,
      Optional<Stop> stop,
      List<JobRecord> children,
      List<JobRecord> ended,
      List<Entry> history,
      List<Effect> journal,
      Optional<Checkpoint> checkpoint,
      List<Optional<Checkpoint>> checkpoints,
      Set<String> pieces) {
    static Member of(Store store, JobRecord job) {
      var id = job.id();
      var checkpoints =
          IntStream.range(Delta.BEFORE, TURNS)
              .mapToObj(turn -> checkpoint(store, id, turn))
              .toList();
      return new Member(
          job,
          store.find(id),
          store.waiting(id),
          store.stopOf(id),
          store.children(id, 0, ALL),
          store.ended(id, 0, ALL),
          store.history(id, 0, ALL),
          IntStream.range(0, TURNS)
              .boxed()
              .flatMap(turn -> store.journal(id, turn, 0).stream())
              .toList(),
          store.checkpoint(id),
          checkpoints,
          pieces(store, checkpoints));
    }

    /// Those that can be read, of all checkpoints.
    private static Set<String> pieces(Store store, List<Optional<Checkpoint>> checkpoints) {
      var addresses =
          checkpoints.stream()
              .flatMap(Optional::stream)
              .flatMap(checkpoint -> checkpoint.coVariables().stream())
              .flatMap(part -> part.chunks().stream())
              .toList();
      return store.chunks(addresses).keySet();
    }

    private static Optional<Checkpoint> checkpoint(Store store, JobId id, int turn) {
      try {
        return store.checkpoint(id, turn);
      } catch (UnknownTurnException forgotten) {
        return Optional.empty();
      }
    }
  }

  /// One tree as a whole.
  record Tree(JobId root, List<Entry> events, Store.Count count) {
    static Tree of(Store store, JobId root) {
      return new Tree(root, store.events(root, 0, ALL), store.count(root));
    }
  }
}
