package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.JobId;
import dev.errand.job.StoreException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A file that may not grow, as on a full disk.
class FullDiskTest {
  private static final int MANY_BYTES = 1_000_000;
  private static final JobId BEFORE = new JobId("before");
  private static final JobId BIG = new JobId("big");

  @TempDir private Path directory;
  private SqliteStore store;

  @BeforeEach
  void fill() {
    store = SqliteStore.open(directory.resolve("jobs.db"), InstantSource.system());
    store.submit(TestJobs.job(BEFORE));
    mayHavePages(1);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void a_full_disk_is_named_and_nothing_is_half_written() {
    assertThatThrownBy(() -> store.submit(TestJobs.jobOfBytes(BIG, MANY_BYTES)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("jobs.db")
        .hasMessageContaining("the disk is full");
    assertThat(store.find(BIG)).isEmpty();
    assertThat(store.events(BIG, 0, 10)).isEmpty();
  }

  @Test
  void what_was_stored_before_the_disk_was_full_is_still_read() {
    assertThatThrownBy(() -> store.submit(TestJobs.jobOfBytes(BIG, MANY_BYTES)))
        .isInstanceOf(StoreException.class);

    assertThat(store.find(BEFORE)).isPresent();
  }

  @Test
  void a_store_goes_on_when_there_is_room_again() {
    assertThatThrownBy(() -> store.submit(TestJobs.jobOfBytes(BIG, MANY_BYTES)))
        .isInstanceOf(StoreException.class);
    mayHavePages(1_000_000);
    store.submit(TestJobs.jobOfBytes(BIG, MANY_BYTES));

    assertThat(store.claim("worker", 10, Duration.ofSeconds(30))).hasSize(2);
  }

  /// SQLite takes as many as there are already, if that is more.
  private void mayHavePages(int pages) {
    store.onWriter(transaction -> limit(transaction, pages));
  }

  private static String limit(Transaction transaction, int pages) throws SQLException {
    return transaction
        .direct("pragma max_page_count = " + pages)
        .first(row -> row.getString(1))
        .orElseThrow();
  }
}
