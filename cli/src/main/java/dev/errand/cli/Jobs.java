package dev.errand.cli;

import static java.util.Comparator.comparing;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Usage;
import dev.errand.spi.Store;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Reads many jobs of a store.
final class Jobs {
  private static final int PAGE = 1000;

  private Jobs() {}

  /// The roots, the oldest first.
  static List<JobRecord> roots(Errand errand) {
    var roots = new ArrayList<>(errand.roots());
    roots.sort(comparing(root -> root.origin().created()));
    return roots;
  }

  /// All jobs, tree by tree, the oldest first, children in the order in which they were created.
  static List<JobRecord> all(Errand errand) {
    var all = new ArrayList<JobRecord>();
    roots(errand).forEach(root -> all.addAll(tree(errand.store(), root.id())));
    return all;
  }

  /// The job and all below it, each before its children, these in the order of their creation.
  static List<JobRecord> tree(Store store, JobId top) {
    var tree = new ArrayList<JobRecord>();
    store.find(top).ifPresent(tree::add);
    var prefix = top.text() + ".";
    var after = "";
    while (true) {
      var page = store.jobs(prefix, after, PAGE);
      tree.addAll(page);
      if (page.size() < PAGE) {
        tree.sort(comparing(JobRecord::id, Jobs::byOrdinals));
        return tree;
      }
      after = page.getLast().id().text();
    }
  }

  /// Whether a root and all below it ended; callbacks that nobody answered keep no tree open.
  static boolean isDone(Job root) {
    if (root.outcome().isEmpty()) {
      return false;
    }
    var count = root.count();
    int open = count.jobs() - count.done();
    return open == 0 || open == root.callbacks().size();
  }

  /// Why no worker of this process can go on with a job that is due, as far as was seen since a
  /// moment; empty if nothing stands in the way.
  static Optional<String> obstacle(Errand errand, JobRecord job, Instant since) {
    if (Titles.callback(job).isPresent()) {
      return Optional.empty();
    }
    return errand
        .lacking(job)
        .map(what -> "Job " + job.id() + " needs a worker that has " + what)
        .or(() -> notice(errand, job, since));
  }

  private static Optional<String> notice(Errand errand, JobRecord job, Instant since) {
    return errand.job(job.id().text()).history(0, Integer.MAX_VALUE).stream()
        .filter(entry -> entry.kind() == Entry.Kind.NOTICE && !entry.time().isBefore(since))
        .reduce((first, second) -> second)
        .flatMap(entry -> entry.data().text("text"));
  }

  /// Whether none of these jobs can go on here by itself.
  static boolean nothingGoesOn(Errand errand, List<JobRecord> jobs, Instant since) {
    return jobs.stream()
        .filter(job -> job.status() != JobStatus.DONE && Titles.callback(job).isEmpty())
        .allMatch(
            job ->
                job.status() == JobStatus.SUSPENDED
                    ? !waitsForMoment(errand, job)
                    : obstacle(errand, job, since).isPresent());
  }

  private static boolean waitsForMoment(Errand errand, JobRecord job) {
    return errand.store().waiting(job.id()).filter(wait -> wait.until() != null).isPresent();
  }

  /// What the model calls of a whole tree cost.
  static Usage usage(Store store, JobId top) {
    return tree(store, top).stream().map(JobRecord::usage).reduce(Usage.NONE, Usage::plus);
  }

  /// As text, k3f9x2ab.10 would come before k3f9x2ab.2.
  private static int byOrdinals(JobId one, JobId other) {
    return Arrays.compare(ordinals(one), ordinals(other));
  }

  private static int[] ordinals(JobId id) {
    var ordinals = new int[id.depth()];
    var at = id;
    for (int i = ordinals.length - 1; i >= 0; i--) {
      ordinals[i] = at.ordinal();
      at = at.parent().orElseThrow();
    }
    return ordinals;
  }
}
