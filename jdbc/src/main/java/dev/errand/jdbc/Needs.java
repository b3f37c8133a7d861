package dev.errand.jdbc;

import dev.errand.job.JobId;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// What a transaction is going to look at, as far as its units know beforehand: read in one go
/// where each question is a journey. What is missing here is read when it is asked for.
final class Needs {
  /// Whether a unit has said nothing: who knows what it looks at.
  private boolean isMore;

  private boolean hasSaid;

  /// Whose locks keep others out of what the units change.
  final Set<String> trees = new TreeSet<>();

  final Set<String> jobs = new TreeSet<>();
  final Set<String> accounts = new TreeSet<>();
  final Set<String> waiters = new TreeSet<>();
  final Set<String> targets = new TreeSet<>();

  /// Has a unit say what it needs.
  void of(Work<?> unit) {
    hasSaid = false;
    unit.announce(this);
    isMore |= !hasSaid;
  }

  boolean isMore() {
    return isMore;
  }

  /// The tree is changed.
  void tree(JobId job) {
    hasSaid = true;
    trees.add(job.root().text());
  }

  /// The job's row is looked at.
  void job(JobId job) {
    tree(job);
    jobs.add(job.text());
  }

  /// The accounts at and above a job are.
  void accounts(JobId job) {
    for (var at = Optional.of(job); at.isPresent(); at = at.get().parent()) {
      accounts.add(at.get().text());
    }
  }

  /// The job's own account is, if it has one.
  void account(JobId job) {
    accounts.add(job.text());
  }

  /// A job waits, or stops to wait.
  void waiter(JobId job) {
    waiters.add(job.text());
  }

  /// A job's handler ends.
  void target(JobId job) {
    targets.add(job.text());
  }
}
