package dev.errand.verification.workers;

import dev.errand.job.Account;
import dev.errand.job.Entry;
import dev.errand.job.JobEffect;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.spi.Store;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What a store holds when all is over.
///
/// @param jobs every job
/// @param entries the events of every tree, each tree's in order
/// @param effects every effect
/// @param accounts every account
/// @param waiting jobs that are not done and wait for what has not come
record Rows(
    List<JobRecord> jobs,
    List<Entry> entries,
    List<JobEffect> effects,
    List<Account> accounts,
    Set<JobId> waiting) {
  private static final int PAGE = 1000;

  Rows {
    jobs = List.copyOf(jobs);
    entries = List.copyOf(entries);
    effects = List.copyOf(effects);
    accounts = List.copyOf(accounts);
    waiting = Set.copyOf(waiting);
  }

  /// Reads all that the store has.
  static Rows of(Store store) {
    List<JobRecord> jobs = all(last -> store.jobs("", last == null ? "" : last.id().text(), PAGE));
    var entries = new ArrayList<Entry>();
    var accounts = new ArrayList<Account>();
    for (var job : jobs) {
      if (job.id().depth() == 0) {
        entries.addAll(
            all(
                (@Nullable Entry last) ->
                    store.events(job.id(), last == null ? 0 : last.sequence(), PAGE)));
        accounts.addAll(
            all(
                (@Nullable Account last) ->
                    store.accounts(job.id(), last == null ? null : last.job(), PAGE)));
      }
    }
    List<JobEffect> effects =
        all(last -> store.effects(null, last == null ? null : last.key(), PAGE));
    var waiting = new HashSet<JobId>();
    for (var job : jobs) {
      if (job.status() != JobStatus.DONE && store.waiting(job.id()).isPresent()) {
        waiting.add(job.id());
      }
    }
    return new Rows(jobs, entries, effects, accounts, waiting);
  }

  private static <T> List<T> all(Function<@Nullable T, List<T>> page) {
    var all = new ArrayList<T>();
    @Nullable T last = null;
    while (true) {
      var next = page.apply(last);
      all.addAll(next);
      if (next.size() < PAGE) {
        return all;
      }
      last = next.getLast();
    }
  }
}
