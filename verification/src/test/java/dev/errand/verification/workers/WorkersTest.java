package dev.errand.verification.workers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Outcome;
import dev.errand.testkit.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Several workers on one store that nobody disturbs.
@Timeout(value = 8, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WorkersTest {
  private static final Duration LEASE = Duration.ofSeconds(30);

  @TempDir Path folder;

  /// What the workers share.
  enum Shared {
    FILE,
    POSTGRESQL
  }

  private String newStore(Shared shared) {
    return switch (shared) {
      case FILE -> folder.resolve("jobs.db").toString();
      case POSTGRESQL -> PostgresServer.shared().newDatabase();
    };
  }

  private List<String> workersSeen(Site site) {
    return site.log().read().stream()
        .filter(operation -> operation instanceof Operation.Made)
        .map(operation -> ((Operation.Made) operation).worker())
        .distinct()
        .sorted()
        .toList();
  }

  private static long leaves(Log log) {
    return log.read().stream()
        .filter(done -> done instanceof Operation.Made made && made.tool().equals("again"))
        .count();
  }

  @ParameterizedTest
  @EnumSource
  void two_workers_do_ten_thousand_jobs_each_once(Shared shared) throws Exception {
    var store = newStore(shared);
    var log = new Log(folder);
    try (var site = new Site(store, log);
        var crew = new Crew(store, log, LEASE)) {
      crew.add(Duration.ZERO, 16);
      crew.add(Duration.ZERO, 16);
      var roots = new ArrayList<JobId>();
      for (int i = 0; i < 20; i++) {
        roots.add(site.submitSum(499));
      }
      roots.forEach(site::awaitEnd);
      site.judge("two workers");
      assertThat(site.read(Rows::of).jobs()).hasSize(10_000);
      assertThat(workersSeen(site)).containsExactly("w1", "w2");
      var keys =
          log.read().stream()
              .filter(operation -> operation instanceof Operation.Made)
              .map(operation -> ((Operation.Made) operation).key())
              .collect(Collectors.toList());
      assertThat(keys).hasSize(20 * 499 * 2).doesNotHaveDuplicates();
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_tree_spread_over_three_workers_is_cancelled_from_a_fourth_process(Shared shared)
      throws Exception {
    var store = newStore(shared);
    var log = new Log(folder);
    try (var site = new Site(store, log);
        var crew = new Crew(store, log, LEASE)) {
      for (int i = 0; i < 3; i++) {
        crew.add(Duration.ZERO, 4);
      }
      var root = site.submitTree(3, 6, "spread");
      Eventually.await("branches on three workers").until(() -> workersSeen(site).size() == 3);
      Files.createFile(log.sign("spread"));
      Eventually.await("all leaves").until(() -> leaves(log) == 6 * 6 * 6);
      Crew.once(log, "fourth", List.of(store, folder.toString(), "fourth", "cancel", root.text()));
      site.awaitEnd(root);
      site.judge("cancelled from a fourth process");
      var jobs = site.read(Rows::of).jobs();
      assertThat(jobs).hasSize(1 + 6 + 36 + 216);
      assertThat(jobs).allMatch(job -> job.status() == JobStatus.DONE);
      assertThat(jobs).allMatch(job -> job.outcome() instanceof Outcome.Cancelled);
    }
  }
}
