package dev.errand;

import dev.errand.engine.Engine;
import java.time.Duration;

/// Advances the jobs of an [Errand] in this process; prepared by [Errand#worker], not thread-safe.
public final class Worker {
  private final Engine engine;
  private Engine.WorkerOptions options = Engine.WorkerOptions.DEFAULT;

  Worker(Engine engine) {
    this.engine = engine;
  }

  /// How many jobs are advanced at a time, those that wait not counted; default 16.
  public Worker concurrency(int jobs) {
    options = new Engine.WorkerOptions(jobs, options.warmJobs(), options.lease(), options.poll());
    return this;
  }

  /// How many waiting jobs keep their thread and process as a cache; default 64.
  public Worker warmJobs(int jobs) {
    options =
        new Engine.WorkerOptions(options.concurrency(), jobs, options.lease(), options.poll());
    return this;
  }

  /// How long others leave this worker's jobs alone if it dies; default 30 s.
  public Worker lease(Duration lease) {
    options =
        new Engine.WorkerOptions(options.concurrency(), options.warmJobs(), lease, options.poll());
    return this;
  }

  /// How often to look for jobs made due by other processes; default 250 ms.
  public Worker poll(Duration poll) {
    options =
        new Engine.WorkerOptions(options.concurrency(), options.warmJobs(), options.lease(), poll);
    return this;
  }

  /// Starts to advance jobs, until the Errand is closed; returns at once.
  ///
  /// @throws IllegalStateException if this Errand's worker was started before
  public void start() {
    engine.start(options);
  }
}
