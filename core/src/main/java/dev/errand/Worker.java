package dev.errand;

import dev.errand.engine.Engine;
import dev.errand.job.Budget;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Advances the jobs of an [Errand] in this process; prepared by [Errand#worker], not thread-safe.
public final class Worker {
  private final Engine engine;
  private int concurrency = Engine.WorkerOptions.DEFAULT.concurrency();
  private int warmJobs = Engine.WorkerOptions.DEFAULT.warmJobs();
  private Duration lease = Engine.WorkerOptions.DEFAULT.lease();
  private @Nullable Duration poll;
  private Duration slice = Engine.WorkerOptions.DEFAULT.slice();
  private Budget budget = Engine.WorkerOptions.DEFAULT.budget();

  Worker(Engine engine) {
    this.engine = engine;
  }

  /// How many jobs are advanced at a time, those that wait not counted; default 16.
  public Worker concurrency(int jobs) {
    this.concurrency = jobs;
    return this;
  }

  /// How many waiting jobs keep their thread and process as a cache; default 64.
  public Worker warmJobs(int jobs) {
    this.warmJobs = jobs;
    return this;
  }

  /// How long others leave this worker's jobs alone if it dies; default 30 s.
  public Worker lease(Duration lease) {
    this.lease = lease;
    return this;
  }

  /// How often to look for jobs made due by other processes; default 250 ms for a file, and 2 s for
  /// a database, which tells of most of them by itself. Also how long to wait before a store that
  /// failed is tried again.
  public Worker poll(Duration poll) {
    this.poll = poll;
    return this;
  }

  /// For how long jobs that make each other due one after another pass on the place that the first
  /// of them was given in turn, while others wait for theirs; default 500 ms.
  ///
  /// A job that awaits a short subtask is so taken up again while its process is still warm. Zero
  /// has each of them stand in line.
  public Worker slice(Duration slice) {
    this.slice = slice;
    return this;
  }

  /// What the models of all jobs may cost that this worker advances, until it is closed; default 10
  /// billion tokens and 10,000 US dollars.
  ///
  /// Once too little is left for a call, its job does not fail: it is left to other workers, and
  /// looked at again every minute.
  public Worker budget(Budget budget) {
    this.budget = budget;
    return this;
  }

  /// Starts to advance jobs, until the Errand is drained or closed; returns at once.
  ///
  /// @throws IllegalStateException if this Errand's worker was started before, or it was drained
  /// @throws IllegalArgumentException if it is to advance no job at a time, a negative number is to
  ///   be kept, or the slice is negative
  public void start() {
    var every = poll == null ? engine.store().pollEvery() : poll;
    engine.start(new Engine.WorkerOptions(concurrency, warmJobs, lease, every, slice, budget));
  }
}
