package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Kills the worker in the middle of the demo, goes on in a new process, and checks the books.
final class CrashDemo {
  private static final int CONCURRENCY = 2;

  private final Screen screen;
  private final Errand errand;
  private final WorkOptions options;
  private final StorePlace store;
  private final Path folder;
  private volatile @Nullable WorkerProcess current;

  CrashDemo(
      Surroundings surroundings,
      Errand errand,
      WorkOptions options,
      StorePlace store,
      Path folder) {
    this.screen = surroundings.screen();
    this.errand = errand;
    this.options = options;
    this.store = store;
    this.folder = folder;
  }

  /// Shows it.
  ///
  /// @return the exit code
  int show(Demo demo) throws IOException, InterruptedException {
    var job = demo.submit(errand);
    screen.line("job " + job.id() + " is stored in " + said());
    var view = options.view(screen, errand);
    var interruption = Interruption.calls(() -> interrupted(job, view));
    try {
      var watch = new Watch(errand, job, view);
      var before = killInTheMiddle(job, watch, view);
      goOn(watch, view);
      new Report(errand, job, watch.lifetime()).say(screen, options.quiet);
      screen.line("");
      return new Verdict(job, before, Books.of(errand, job.id())).tell(screen);
    } finally {
      view.close();
      interruption.close();
    }
  }

  private String said() {
    return store instanceof StorePlace.File(var path, var name) ? path.toString() : store.shown();
  }

  /// Returns the books as they stood when the worker was killed.
  private Books killInTheMiddle(Job job, Watch watch, View view)
      throws IOException, InterruptedException {
    try (var worker = start()) {
      screen.line("worker process " + worker.pid() + " begins");
      watchUntil(watch, worker, this::isInTheMiddle);
      int pythons = worker.kill();
      view.close();
      screen.line("");
      screen.line(
          "killed process %d with SIGKILL, and its %s ended with it"
              .formatted(worker.pid(), Text.count(pythons, "Python process", "Python processes")));
    }
    var books = Books.of(errand, job.id());
    tell(job, books);
    screen.line("");
    return books;
  }

  private void goOn(Watch watch, View view) throws IOException, InterruptedException {
    try (var worker = start()) {
      screen.line("worker process " + worker.pid() + " goes on with what the store holds");
      watchUntil(watch, worker, family -> false);
      view.close();
      worker.awaitEnd();
    }
  }

  private void interrupted(Job job, View view) {
    view.close();
    screen.sayLast(
        "errand: interrupted; job "
            + job.id()
            + " goes on with: "
            + Foreground.resuming(store, folder));
    var worker = current;
    if (worker != null) {
      worker.stop();
    }
  }

  private WorkerProcess start() throws IOException {
    var worker = WorkerProcess.start(store, folder, CONCURRENCY, options.isolation);
    current = worker;
    return worker;
  }

  private static void watchUntil(Watch watch, WorkerProcess worker, Predicate<Family> enough)
      throws InterruptedException, IOException {
    boolean done = watch.until(family -> enough.test(family) || !worker.isAlive());
    if (!done && !worker.isAlive()) {
      throw Refusal.failure("the worker ended too soon: " + worker.said());
    }
  }

  /// Some children are done and some are not; a lone child is under way.
  private boolean isInTheMiddle(Family family) {
    int done = family.done();
    if (family.size() == 1 && done == 0) {
      return status(family.root().children().getFirst().id()) != JobStatus.READY;
    }
    return done > 0 && done < family.size() && done >= family.size() / 3;
  }

  private JobStatus status(JobId id) {
    return errand.store().find(id).map(JobRecord::status).orElse(JobStatus.READY);
  }

  private void tell(Job job, Books books) {
    long underWay =
        job.children().stream()
            .map(child -> child.record().status())
            .filter(status -> status != JobStatus.DONE && status != JobStatus.READY)
            .count();
    int all = books.children().size();
    int done = books.done().size();
    screen.line(
        "committed by then: %s, %d done, %d under way, %d not begun"
            .formatted(
                Text.count(all, "child", "children"), done, underWay, all - done - underWay));
  }
}
