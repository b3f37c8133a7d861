package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.StaleLeaseException;
import dev.errand.spi.Claim;
import dev.errand.spi.Store;
import dev.errand.testkit.ManualClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two stores on one file, as two processes would have them.
class SharedFileTest {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final JobId ROOT = new JobId("tree");

  @TempDir private Path directory;
  private final ManualClock clock = ManualClock.create();
  private Store one;
  private Store other;

  @BeforeEach
  void open() {
    one = SqliteStore.open(directory.resolve("jobs.db"), clock);
    other = SqliteStore.open(directory.resolve("jobs.db"), clock);
  }

  @AfterEach
  void close() {
    one.close();
    other.close();
  }

  @Test
  void what_one_commits_the_other_sees() {
    one.submit(TestJobs.job(ROOT));

    assertThat(other.find(ROOT)).isEqualTo(one.find(ROOT)).isNotEmpty();
  }

  @Test
  void a_job_claimed_through_one_is_not_handed_out_by_the_other() {
    one.submit(TestJobs.job(ROOT));
    one.claim("worker", 1, LEASE);

    assertThat(other.claim("other", 1, LEASE)).isEmpty();
  }

  @Test
  void a_lease_that_ran_out_is_taken_over_by_the_other_and_lost_to_the_one() {
    one.submit(TestJobs.job(ROOT));
    var lost = one.claim("worker", 1, LEASE).getFirst();
    clock.advance(LEASE);
    var claim = other.claim("other", 1, LEASE).getFirst();

    assertThatThrownBy(() -> one.commit(TestJobs.saying(lost, 0, "too late")))
        .isInstanceOf(StaleLeaseException.class);
    assertThat(other.commit(TestJobs.saying(claim, 0, "hello")).version()).isEqualTo(1);
  }

  @Test
  void closing_one_hands_back_its_own_leases_only() {
    one.submit(TestJobs.job(ROOT));
    one.claim("worker", 1, LEASE);
    one.submit(TestJobs.job(new JobId("other")));
    other.claim("other", 1, LEASE);
    other.close();

    assertThat(one.claim("worker", 10, LEASE))
        .extracting(claim -> claim.job().id().text())
        .containsExactly("other");
  }

  @Test
  void steps_through_both_at_once_are_numbered_without_gaps() throws Exception {
    one.submit(TestJobs.job(ROOT));
    one.submit(TestJobs.job(new JobId("other")));
    var claims = one.claim("worker", 2, LEASE);
    var steps = 200;

    try (var threads = Executors.newFixedThreadPool(2)) {
      var work =
          List.<Callable<Long>>of(
              () -> saySoOften(one, claims.get(0), steps),
              () -> saySoOften(other, claims.get(1), steps));
      for (var done : threads.invokeAll(work)) {
        assertThat(done.get()).isEqualTo(steps);
      }
    }
    assertThat(one.events(ROOT, 0, 1_000))
        .extracting(Entry::sequence)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, steps + 1).boxed().toList());
  }

  @Test
  void workers_on_both_share_the_jobs_and_no_job_twice() throws Exception {
    for (int n = 0; n < 200; n++) {
      one.submit(TestJobs.job(new JobId("tree" + n)));
    }

    var claimed = new ArrayList<Claim>();
    try (var threads = Executors.newFixedThreadPool(4)) {
      var work =
          Stream.of(one, other, one, other).<Callable<List<Claim>>>map(store -> () -> all(store));
      for (var done : threads.invokeAll(work.toList())) {
        claimed.addAll(done.get());
      }
    }
    assertThat(claimed).hasSize(200);
    assertThat(claimed.stream().map(claim -> claim.job().id()).distinct()).hasSize(200);
  }

  private static long saySoOften(Store store, Claim claim, int times) {
    long version = claim.version();
    for (int n = 0; n < times; n++) {
      version = store.commit(TestJobs.saying(claim, version, "line " + n)).version();
    }
    return version;
  }

  private static List<Claim> all(Store store) {
    var claimed = new ArrayList<Claim>();
    for (var some = store.claim("worker", 7, LEASE);
        !some.isEmpty();
        some = store.claim("worker", 7, LEASE)) {
      claimed.addAll(some);
    }
    return claimed;
  }
}
