package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Blob;
import dev.errand.job.Delta;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Progress;
import dev.errand.job.Usage;
import dev.errand.job.Variable;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// That a checkpoint costs what it changes, whatever there is beside it.
class CheckpointCostTest {
  private static final JobId ROOT = new JobId("tree");
  private static final int BIG = 100_000;
  private static final int PIECES = 1_600;
  private static final int PAGE = 1_024;
  private static final int FRAME_HEADER = 24;

  @TempDir private Path directory;
  private SqliteStore store;
  private Claim claim;
  private long version;

  @BeforeEach
  void claimAJob() {
    store = SqliteStore.open(directory.resolve("jobs.db"), InstantSource.system());
    store.submit(TestJobs.job(ROOT));
    claim = store.claim("worker", 1, Duration.ofHours(1)).getFirst();
  }

  @AfterEach
  void close() {
    store.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1_000})
  void a_changed_variable_is_three_rows_however_many_there_are(int variables) {
    IntStream.range(0, variables).forEach(number -> commit(small(0, number)));

    assertThat(rowsChangedBy(small(1, 0))).as("the job, what was, what is").isEqualTo(3);
    assertThat(rowsChangedBy(small(1, 0))).as("the job, what is").isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, PIECES})
  void a_changed_piece_is_six_rows_however_many_there_are(int pieces) {
    commit(big(0, pieces, all(pieces)));

    // the job; the co-variable and the piece that were, and those that are; the chunk
    assertThat(rowsChangedBy(big(1, pieces, Map.of(1, piece("other"))))).isEqualTo(6);
  }

  @Test
  void a_piece_that_is_given_again_where_it_is_changes_no_row_of_its_own() {
    commit(big(0, PIECES, all(PIECES)));

    assertThat(rowsChangedBy(big(1, PIECES, Map.of(7, piece("piece 7"))))).isEqualTo(3);
  }

  @Test
  void a_small_step_writes_less_than_four_kilobytes() throws IOException {
    commit(big(0, PIECES, all(PIECES)));
    long before = logBytes();
    IntStream.range(0, 200).forEach(number -> commit(small(1, number)));

    assertThat((logBytes() - before) / 200).isLessThan(4 * 1024);
  }

  @Test
  void a_step_that_says_something_too_writes_less_than_six_kilobytes() throws IOException {
    commit(big(0, PIECES, all(PIECES)));
    long before = logBytes();
    var said = new Change.Recorded(1, Entry.Kind.CONSOLE, Json.object("text", "a line"));
    IntStream.range(0, 200)
        .forEach(number -> commit(said, new Change.Checkpointed(small(1, number))));

    assertThat((logBytes() - before) / 200).isLessThan(6 * 1024);
  }

  @Test
  void what_a_step_has_spent_is_written_to_the_page_of_its_job() throws IOException {
    commit(small(1, 0));
    var spent = new Change.Spent(new Usage(1, 10, 20, 30));
    long before = logBytes();
    commit(spent);

    assertThat(logBytes() - before).isEqualTo(FRAME_HEADER + PAGE);
    assertThat(store.accounts(ROOT, null, 1).getFirst().tokens().spent()).isEqualTo(30);
  }

  @Test
  void a_changed_piece_writes_less_than_64_kilobytes() throws IOException {
    commit(big(0, PIECES, all(PIECES)));
    long before = logBytes();
    commit(big(1, PIECES, Map.of(800, new Blob(new byte[32 * 1024]))));

    assertThat(logBytes() - before).isLessThan(64 * 1024);
  }

  private int rowsChangedBy(Delta delta) {
    long before = rowsChanged();
    commit(delta);
    return (int) (rowsChanged() - before);
  }

  private long rowsChanged() {
    return store.onWriter(
        transaction ->
            transaction.sql("select total_changes()").first(row -> row.getLong(1)).orElseThrow());
  }

  private long logBytes() throws IOException {
    return Files.size(directory.resolve("jobs.db-wal"));
  }

  private void commit(Delta delta) {
    commit(new Change.Checkpointed(delta));
  }

  private void commit(Change... changes) {
    var place = new Progress(1, true, 3, 0, 0, 0);
    var next = new Step.Next.Continue();
    var step = new Step(claim.lease(), version, JobStatus.STARTED, place, List.of(changes), next);
    version = store.commit(step).version();
  }

  private static Delta small(int turn, int number) {
    return put(turn, number, 0, Map.of());
  }

  private static Delta big(int turn, int length, Map<Integer, Blob> pieces) {
    return put(turn, BIG, length, pieces);
  }

  private static Delta put(int turn, int number, int length, Map<Integer, Blob> pieces) {
    var chunks = new TreeMap<Integer, String>();
    var fresh = new HashMap<String, Blob>();
    pieces.forEach((place, piece) -> chunks.put(place, piece.address()));
    pieces.values().forEach(piece -> fresh.put(piece.address(), piece));
    var variable = new Variable("x" + number, "int", 30, "" + number, "");
    var put = new Delta.Put(number, piece("x".repeat(30)), length, chunks, List.of(variable));
    return new Delta(turn, List.of(put), List.of(), fresh);
  }

  private static Map<Integer, Blob> all(int pieces) {
    var all = new HashMap<Integer, Blob>();
    IntStream.range(0, pieces).forEach(place -> all.put(place, piece("piece " + place)));
    return all;
  }

  private static Blob piece(String text) {
    return new Blob(text.getBytes(StandardCharsets.UTF_8));
  }
}
