package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.JobId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A file whose log ends in the middle of a record, as a machine leaves it that loses its power
/// (B68).
class TornLogTest {
  private static final int JOBS = 12;

  @TempDir private Path directory;

  @Test
  void it_opens_with_all_that_was_whole_and_takes_more() throws IOException {
    var file = directory.resolve("jobs.db");
    byte[] pages;
    byte[] log;
    try (var store = new JdbcStoreProvider().open(file, InstantSource.system())) {
      for (var id : ids()) {
        store.submit(TestJobs.job(id));
      }
      pages = Files.readAllBytes(file);
      log = Files.readAllBytes(directory.resolve("jobs.db-wal"));
    }
    var random = RandomGenerator.of("L64X128MixRandom");
    int last = JOBS;
    for (int length = log.length; length >= 0; length -= 1 + random.nextInt(3000)) {
      int found = found(pages, Arrays.copyOf(log, length));
      assertThat(found).as("with %d of %d bytes", length, log.length).isBetween(0, last);
      last = found;
    }
    assertThat(last).isLessThan(JOBS);
  }

  /// How many of the jobs are there, which are the first ones.
  private int found(byte[] pages, byte[] log) throws IOException {
    var file = Files.createTempDirectory(directory, "torn").resolve("jobs.db");
    Files.write(file, pages);
    Files.write(file.resolveSibling("jobs.db-wal"), log);
    try (var store = new JdbcStoreProvider().open(file, InstantSource.system())) {
      var there = ids().stream().map(id -> store.find(id).isPresent()).toList();
      int count = (int) there.stream().filter(found -> found).count();
      assertThat(there.subList(0, count)).as("without a gap").doesNotContain(false);
      var more = new JobId("zzzzzzzz");
      assertThat(store.submit(TestJobs.job(more))).isEqualTo(more);
      return count;
    }
  }

  private static List<JobId> ids() {
    return IntStream.range(0, JOBS).mapToObj(n -> new JobId("job" + (10000 + n))).toList();
  }
}
