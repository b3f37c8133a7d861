package dev.errand.engine;

import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.spi.Host.Child;
import dev.errand.spi.Store;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/*
 * Which handlers have ended, at the price of what changed since it was last asked.
 *
 * Children that were asked about are followed from then on: a later question reads only the ends after `upTo`, in the
 * order in which they were told. A look at many children sees one state of the store; the first that sees an end sets
 * `upTo` to the latest, and nobody is followed before. So each followed child either was seen to have ended, or ends after
 * `upTo`.
 *
 * Handlers of jobs that are no children of this one cannot be followed and are looked at each time.
 *
 * Only the job's own thread uses this object.
 */
final class Ends {
  private static final int PAGE = 1000;

  private final Store store;
  private final JobId job;
  private final Set<JobId> followed = new HashSet<>();
  private final Set<JobId> ended = new HashSet<>();
  private long upTo;

  Ends(Store store, JobId job) {
    this.store = store;
    this.job = job;
  }

  /// Those of these that have ended.
  Map<JobId, Child> among(Collection<JobId> handlers) {
    var found = new HashMap<JobId, Child>();
    readNews(found);
    find(handlers.stream().filter(id -> !followed.contains(id)).toList(), found);
    // What had ended when it was read, and was not answered or is asked for again.
    find(
        handlers.stream().filter(id -> ended.contains(id) && !found.containsKey(id)).toList(),
        found);
    found.keySet().retainAll(Set.copyOf(handlers));
    return found;
  }

  private void readNews(Map<JobId, Child> found) {
    int read = upTo == 0 ? 0 : PAGE;
    while (read == PAGE) {
      var page = store.ended(job, upTo, PAGE);
      page.forEach(child -> note(child, found));
      read = page.size();
      upTo = page.isEmpty() ? upTo : told(page.getLast());
    }
  }

  private void find(List<JobId> handlers, Map<JobId, Child> found) {
    if (handlers.isEmpty()) {
      return;
    }
    var jobs = store.find(handlers);
    jobs.forEach(child -> note(child, found));
    if (upTo == 0) {
      upTo = jobs.stream().filter(child -> isOwn(child.id())).mapToLong(Ends::told).max().orElse(0);
    }
    if (upTo > 0) {
      handlers.stream().filter(this::isOwn).forEach(followed::add);
    }
  }

  private void note(JobRecord child, Map<JobId, Child> found) {
    if (told(child) > 0) {
      found.put(child.id(), Seen.seen(child));
      if (isOwn(child.id())) {
        ended.add(child.id());
      }
    }
  }

  private boolean isOwn(JobId handler) {
    return handler.parent().equals(Optional.of(job));
  }

  private static long told(JobRecord child) {
    return child.subtask() == null ? 0 : child.subtask().told();
  }
}
