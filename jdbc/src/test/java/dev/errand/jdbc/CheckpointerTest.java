package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How the log is kept short. The checkpointer's own thread is not started: the tests do its work.
class CheckpointerTest {
  private static final int ANY = Integer.MAX_VALUE;

  @TempDir private Path directory;
  private SqliteDatabase database;
  private Writer writer;

  @BeforeEach
  void open() throws SQLException {
    database = SqliteDatabase.open(directory.resolve("jobs.db"));
    writer = new Writer(database, InstantSource.system());
    writer.start();
    writer.write(CheckpointerTest::storeMuch);
  }

  @AfterEach
  void close() {
    writer.close();
  }

  @Test
  void a_checkpoint_moves_the_log_into_the_file() throws IOException {
    var file = directory.resolve("jobs.db");
    long before = Files.size(file);
    new Checkpointer(database, ANY, ANY).checkpoint();

    assertThat(Files.size(file)).isGreaterThan(before + 900_000);
  }

  @Test
  void a_long_log_is_written_over_from_its_beginning() throws Exception {
    long before = Files.size(log());
    new Checkpointer(database, 10, ANY).checkpoint();
    writer.write(CheckpointerTest::storeLittle);

    assertThat(Files.size(log())).isEqualTo(before);
    assertThat(pagesInLog()).isLessThan(10);
  }

  @Test
  void a_huge_log_is_cut_off() throws IOException {
    new Checkpointer(database, 10, 20).checkpoint();

    assertThat(Files.size(log())).isZero();
  }

  @Test
  void a_log_that_somebody_reads_is_left_to_the_next_time() throws Exception {
    try (var reader = database.reader()) {
      reader.script("begin");
      reader.sql("select count(*) from definition").exists();
      writer.write(CheckpointerTest::storeLittle);
      var checkpointer = new Checkpointer(database, 10, 20);
      checkpointer.checkpoint();
      assertThat(Files.size(log())).isPositive();
      database.rollback(reader);
      checkpointer.checkpoint();

      assertThat(Files.size(log())).isZero();
    }
  }

  private Path log() {
    return directory.resolve("jobs.db-wal");
  }

  private int pagesInLog() throws SQLException {
    try (var session = database.checkpointer()) {
      return session
          .sql("pragma wal_checkpoint(passive)")
          .first(row -> row.getInt(2))
          .orElseThrow();
    }
  }

  private static int storeMuch(Transaction transaction) throws SQLException {
    return transaction
        .direct("insert into chunk (address, content) values ('much', zeroblob(1000000))")
        .update();
  }

  private static int storeLittle(Transaction transaction) throws SQLException {
    return transaction
        .direct("insert into chunk (address, content) values ('little', zeroblob(10))")
        .update();
  }
}
