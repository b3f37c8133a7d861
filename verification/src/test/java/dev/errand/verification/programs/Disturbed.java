package dev.errand.verification.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.job.Entry;
import dev.errand.job.JobRecord;
import dev.errand.job.Outcome;
import dev.errand.job.StoreException;
import dev.errand.spi.Store;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.verification.programs.Disturbance.Life;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// A program as a job, under workers that crash and with processes that are killed.
final class Disturbed {
  private static final String KEY = "the program";
  private static final long PATIENCE = TimeUnit.MINUTES.toNanos(5);

  private final List<String> blocks;
  private final WorkspaceRuntime runtime;
  private final ManualClock clock;
  private final Store store;
  private final Outside outside;
  private int crashes;

  Disturbed(
      int seed, List<String> blocks, WorkspaceRuntime runtime, ManualClock clock, Store store) {
    this.blocks = blocks;
    this.runtime = runtime;
    this.clock = clock;
    this.store = store;
    this.outside = new Outside(seed);
  }

  int crashes() {
    return crashes;
  }

  /// Has the program carried out to its end, and says what came of it.
  Account account(Disturbance disturbance) throws InterruptedException {
    boolean over = false;
    for (var life : disturbance.lives()) {
      over = over || live(life);
    }
    if (!over) {
      live(disturbance.last());
    }
    assertThat(outside.wronglyRepeated(crashes)).as("effects done again").isEmpty();
    return account();
  }

  /// Lets a worker work until all is done, or it crashes or is drained; false if so.
  private boolean live(Life life) throws InterruptedException {
    return life.drained() ? liveUntilDrained(life) : liveUntilCrashed(life);
  }

  private void begin(Errand errand, Life life) {
    var agent = Agent.named("main").tools(outside.tools()).subTasks(outside).build();
    errand.submit(
        agent,
        spec -> {
          blocks.forEach(spec::code);
          return spec.key(KEY);
        });
    errand.worker().warmJobs(life.warmJobs()).poll(Duration.ofMillis(20)).start();
  }

  private static void awaitChange(Errand errand, long end) throws InterruptedException {
    errand.awaitChange(Duration.ofMillis(100));
    assertThat(System.nanoTime() < end).as("the job comes to an end").isTrue();
  }

  private boolean liveUntilDrained(Life life) throws InterruptedException {
    var draining = new Draining();
    // To submit the job is the first write, and to begin before there is a worker no drain.
    var at = life.endAt() == 0 ? 0 : life.endAt() + 1;
    try (var errand = open(AtWrite.of(store, at, life.after(), draining::begin), life)) {
      draining.of(errand);
      begin(errand, life);
      long end = System.nanoTime() + PATIENCE;
      while (!draining.isBegun() && !isOver(errand)) {
        awaitChange(errand, end);
      }
      if (draining.isBegun()) {
        assertThat(draining.await()).as("jobs that do not come to rest").isEmpty();
      }
      return isOver(errand);
    }
  }

  private boolean liveUntilCrashed(Life life) throws InterruptedException {
    var injector = CrashInjector.failing(store, life.endAt(), life.after());
    try (var errand = open(injector.store(), life)) {
      begin(errand, life);
      long end = System.nanoTime() + PATIENCE;
      while (!isOver(errand)) {
        awaitChange(errand, end);
      }
      return true;
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
      crashes++;
    }
    injector.awaitSilence();
    clock.advance(Duration.ofMinutes(2));
    return false;
  }

  private Errand open(Store crashing, Life life) {
    return Errand.builder()
        .store(crashing)
        .clock(clock)
        .runtime(new KilledWorkspaces(runtime, life.plan()))
        .open();
  }

  private static boolean isOver(Errand errand) {
    return errand.jobs().stream().allMatch(job -> job.outcome() != null);
  }

  private Account account() {
    var root = store.findByKey(KEY).orElseThrow();
    var jobs = new TreeMap<String, Account.OfJob>();
    for (var job : store.jobs("", "", 10_000)) {
      var console =
          store.history(job.id(), 0, 10_000).stream()
              .filter(entry -> entry.kind() == Entry.Kind.CONSOLE)
              .map(entry -> entry.data().text("text").orElseThrow())
              .collect(Collectors.joining());
      jobs.put(
          Outside.path(job.id()),
          new Account.OfJob(
              named(console, root), outside.effects(job.id()), outside.once(job.id())));
    }
    return new Account(named(outcome(root), root), jobs);
  }

  /// A text in which the root has the name it has undisturbed.
  private static String named(String text, JobRecord root) {
    return text.replace(root.id().text(), "root");
  }

  private static String outcome(JobRecord job) {
    return switch (job.outcome()) {
      case Outcome.Succeeded(var value) -> "succeeded with " + value.text();
      case Outcome.Failed(var error) -> "failed with " + error.message();
      case null -> "no outcome";
      case Outcome.Cancelled ignored -> "cancelled";
      case Outcome.TimedOut ignored -> "timed out";
      case Outcome.BudgetExhausted ignored -> "budget exhausted";
    };
  }
}
