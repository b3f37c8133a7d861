package dev.errand.verification.workers;

import dev.errand.job.JobId;
import dev.errand.testkit.PostgresServer;
import dev.errand.testkit.TcpProxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Several workers on one store, disturbed in every way there is; the judge decides.
///
/// A build lets each disturbance happen once, in an order that the dice decide; `-Derrand.soak=60`
/// lets them happen for an hour, `-Derrand.seed=…` throws the same dice.
@Timeout(value = 24, unit = TimeUnit.HOURS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DisturbedWorkersTest {
  private static final Duration LEASE = Duration.ofSeconds(2);
  private static final Duration SOAK = Duration.ofMinutes(Integer.getInteger("errand.soak", 0));

  /// How wrong the clocks of the workers are.
  private static final List<Duration> CLOCKS =
      List.of(Duration.ZERO, Duration.ofHours(1), Duration.ofHours(-1));

  @TempDir Path folder;

  private final long seed = Long.getLong("errand.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @Test
  void workers_on_a_file_lose_nothing_and_do_nothing_twice() throws Exception {
    var store = folder.resolve("jobs.db").toString();
    var log = new Log(folder);
    try (var site = new Site(store, log);
        var crew = new Crew(store, log, LEASE)) {
      crew.add(Duration.ZERO, 8);
      crew.add(Duration.ZERO, 8);
      disturb(site, new Disturbances(site, crew, new Leases(store), random).ofProcesses());
      crew.judge();
    }
  }

  @Test
  void workers_on_postgresql_lose_nothing_and_do_nothing_twice() throws Exception {
    try (var server = PostgresServer.settings().fsync(false).start();
        var proxy = TcpProxy.to(server.host(), server.port())) {
      var url = server.newDatabase();
      var store = PostgresServer.through(proxy.port(), url);
      var log = new Log(folder);
      try (var site = new Site(store, log);
          var crew = new Crew(store, log, LEASE)) {
        for (var clock : CLOCKS) {
          crew.add(clock, 8);
        }
        Disturbances.prepareFullDisk(url);
        var disturbances = new Disturbances(site, crew, new Leases(url), random);
        var all = new ArrayList<>(disturbances.ofProcesses());
        all.addAll(disturbances.ofDatabase(server, proxy, url));
        disturb(site, all);
        crew.judge();
      }
    }
  }

  private void disturb(Site site, List<Disturbances.Named> disturbances) throws Exception {
    System.out.println("DisturbedWorkersTest: -Derrand.seed=" + seed);
    long end = System.nanoTime() + SOAK.toNanos();
    int round = 0;
    do {
      var order = new ArrayList<>(disturbances);
      Collections.shuffle(order, random);
      var roots = new ArrayList<JobId>();
      for (var next : order) {
        int done = site.operations();
        roots.addAll(askForWork(site));
        site.sayToChats();
        site.awaitOperations(done + random.nextInt(CERTAIN));
        System.out.println("DisturbedWorkersTest: " + next.name());
        next.disturbance().happen();
      }
      roots.forEach(site::awaitEnd);
      round++;
      site.judge("-Derrand.seed=%d, round %d".formatted(seed, round));
      site.forgetChats();
    } while (System.nanoTime() - end < 0);
  }

  /// How many operations come at least of what is asked for here, whatever happens: submissions,
  /// and squares that are begun.
  private static final int CERTAIN = 49;

  private List<JobId> askForWork(Site site) {
    return List.of(site.submitSum(40), site.submitCode(), site.submitSum(5), site.submitChat());
  }
}
