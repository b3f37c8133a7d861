package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// When jobs ended, and which of them go on after that, as their events tell.
final class Lifetimes {
  private static final int PAGE = 1000;

  private final Map<JobId, Instant> ended = new HashMap<>();
  private final Set<JobId> revived = new HashSet<>();

  private Lifetimes() {}

  /// Those of one job.
  static Lifetimes of(Errand errand, JobId job) {
    return read((after, limit) -> errand.store().history(job, after, limit));
  }

  /// Those of all jobs of a tree.
  static Lifetimes ofTree(Errand errand, JobId root) {
    return read((after, limit) -> errand.events(root, after, limit));
  }

  private static Lifetimes read(Page pages) {
    var lifetimes = new Lifetimes();
    List<Entry> page = List.of();
    do {
      page = pages.read(page.isEmpty() ? 0 : page.getLast().sequence(), PAGE);
      page.forEach(lifetimes::learn);
    } while (page.size() == PAGE);
    return lifetimes;
  }

  private void learn(Entry entry) {
    if (entry.kind() == Entry.Kind.JOB_ENDED) {
      ended.put(entry.job(), entry.time());
    } else if (entry.kind() == Entry.Kind.JOB_REVIVED) {
      ended.remove(entry.job());
      revived.add(entry.job());
    }
  }

  /// When it ended; empty while it goes on, or goes on again.
  Optional<Instant> end(JobRecord job) {
    return Optional.ofNullable(ended.get(job.id()));
  }

  /// Whether it had ended and went on after that.
  boolean wasRevived(JobRecord job) {
    return revived.contains(job.id());
  }

  /// How long it has been there, or was until it ended.
  Duration age(JobRecord job, Instant now) {
    return Duration.between(job.origin().created(), end(job).orElse(now));
  }

  @FunctionalInterface
  private interface Page {
    List<Entry> read(long after, int limit);
  }
}
