package dev.errand.testkit;

import dev.errand.job.JobId;
import dev.errand.job.Limits;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Who may begin, where a job has only so many places for its children.
///
/// A child takes a place when it is created, or waits for one; its end hands the place on.
final class MemoryPlaces {
  private final Map<JobId, Integer> live;
  private final Map<JobId, Integer> total;
  private final Set<JobId> queued;

  MemoryPlaces() {
    live = new HashMap<>();
    total = new HashMap<>();
    queued = new HashSet<>();
  }

  MemoryPlaces(MemoryPlaces other) {
    live = new HashMap<>(other.live);
    total = new HashMap<>(other.total);
    queued = new HashSet<>(other.queued);
  }

  /// Counts a job below its root; false if there may be no more.
  boolean count(JobId root, Limits limits) {
    if (total.getOrDefault(root, 0) >= limits.descendants()) {
      return false;
    }
    total.merge(root, 1, Integer::sum);
    return true;
  }

  /// Whether a new child has a place; else it waits for one.
  boolean take(JobId child, JobId parent, Limits limits) {
    if (isAnyFree(parent, limits)) {
      again(parent);
      return true;
    }
    queued.add(child);
    return false;
  }

  private boolean isAnyFree(JobId parent, Limits limits) {
    return live.getOrDefault(parent, 0) < limits.children();
  }

  /// Takes a place whether there is one or not.
  void again(JobId parent) {
    live.merge(parent, 1, Integer::sum);
  }

  /// Hands on the place of a child that has ended.
  ///
  /// @param next who is next of those that wait
  /// @return who has a place now
  Optional<JobId> leave(JobId parent, Limits limits, Function<Set<JobId>, Optional<JobId>> next) {
    live.merge(parent, -1, Integer::sum);
    var first = isAnyFree(parent, limits) ? next.apply(queued) : Optional.<JobId>empty();
    first.ifPresent(child -> admit(child, parent));
    return first;
  }

  /// Gives a child that waits for a place one, whether there is one or not; false if it does not
  /// wait.
  boolean admit(JobId child, JobId parent) {
    boolean waited = queued.remove(child);
    if (waited) {
      again(parent);
    }
    return waited;
  }

  /// Has a child wait no longer; whether it did.
  boolean giveUp(JobId child) {
    return queued.remove(child);
  }
}
