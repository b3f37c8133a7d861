package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.errand.job.DuplicateJobException;
import dev.errand.job.JobId;
import dev.errand.job.StoreException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How units of work share a transaction.
class WriterTest {
  private static final Duration SHORTLY = Duration.ofMillis(1);
  private static final Executor THREADS = work -> Thread.ofVirtual().start(work);

  @TempDir private Path directory;

  /// The writer is held up inside a transaction from `busy` on, until `gate` opens.
  private final CountDownLatch busy = new CountDownLatch(1);

  private final CountDownLatch gate = new CountDownLatch(1);
  private Writer writer;
  private Checkpointer checkpointer;

  @BeforeEach
  void open() throws SQLException {
    var database = SqliteDatabase.open(directory.resolve("jobs.db"));
    checkpointer = database.checkpoints();
    writer = new Writer(database, InstantSource.system());
    checkpointer.start();
    writer.start();
  }

  @AfterEach
  void close() {
    gate.countDown();
    writer.close();
    checkpointer.close();
  }

  @Test
  void a_unit_that_fails_does_not_disturb_those_it_shares_a_transaction_with() {
    var answers = together(store("a"), fail(), store("b"));

    assertThatThrownBy(answers.get(1)::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(StoreException.class);
    assertThat(answers.get(0).join()).isEqualTo("a");
    assertThat(answers.get(2).join()).isEqualTo("b");
    assertThat(stored()).containsExactly("a", "b");
  }

  @Test
  void a_unit_that_throws_what_nobody_expects_fails_alone() {
    var answers = together(store("a"), stumble(), store("b"));

    assertThatThrownBy(answers.get(1)::join).hasCauseInstanceOf(IllegalStateException.class);
    assertThat(stored()).containsExactly("a", "b");
  }

  @Test
  void a_unit_that_refuses_itself_after_writing_takes_back_what_it_wrote() {
    var answers = together(store("a"), refuseLate("never"), store("b"));

    assertThatThrownBy(answers.get(1)::join).hasCauseInstanceOf(DuplicateJobException.class);
    assertThat(stored()).containsExactly("a", "b");
  }

  @Test
  void units_are_applied_in_the_order_in_which_they_came() {
    together(store("c"), store("a"), store("b")).forEach(CompletableFuture::join);

    assertThat(writer.write(rows("select address from definition order by rowid")))
        .containsExactly("c", "a", "b");
  }

  @Test
  void nothing_of_a_failed_unit_is_left_in_what_the_units_of_a_transaction_share() {
    var entry =
        (Work<Long>)
            transaction ->
                History.append(transaction, new JobId("tree"), new History.Line(0, "notice", "{}"));
    Work<Long> lost =
        transaction -> {
          entry.apply(transaction);
          throw new DuplicateJobException(new JobId("tree"));
        };
    var answers = together(entry, lost, entry);

    assertThat(answers.get(0).join()).isEqualTo(1L);
    assertThat(answers.get(2).join()).isEqualTo(2L);
  }

  @Test
  void a_closed_writer_finishes_what_it_was_given_and_takes_no_more() {
    var first = held();
    var queued = ask(store("a"));
    await().pollInterval(SHORTLY).until(() -> writer.queued() == 1);
    var closing = CompletableFuture.runAsync(writer::close, THREADS);
    gate.countDown();
    closing.join();

    assertThat(first.join()).isEqualTo("went on");
    assertThat(queued.join()).isEqualTo("a");
    assertThatThrownBy(() -> writer.write(store("b")))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void an_interrupt_does_not_keep_the_caller_from_the_answer_and_is_not_lost() {
    Thread.currentThread().interrupt();

    assertThat(writer.write(store("a"))).isEqualTo("a");
    assertThat(Thread.interrupted()).isTrue();
  }

  /// Has all of these gather while the writer is busy, and so share one transaction.
  @SafeVarargs
  private <T> List<CompletableFuture<T>> together(Work<T>... units) {
    var first = held();
    var answers = new ArrayList<CompletableFuture<T>>();
    for (var unit : units) {
      answers.add(ask(unit));
      await().pollInterval(SHORTLY).until(() -> writer.queued() == answers.size());
    }
    gate.countDown();
    first.join();
    CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
        .exceptionally(e -> null)
        .join();
    return answers;
  }

  private <T> CompletableFuture<T> ask(Work<T> work) {
    return CompletableFuture.supplyAsync(() -> writer.write(work), THREADS);
  }

  /// Returns when the writer is held up by a unit that goes on when the gate opens.
  private CompletableFuture<String> held() {
    var unit = ask(this::holdUp);
    await().pollInterval(SHORTLY).until(() -> busy.getCount() == 0);
    return unit;
  }

  private String holdUp(Transaction inside) {
    busy.countDown();
    try {
      gate.await();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
    return "went on";
  }

  private static Work<String> store(String address) {
    return transaction -> {
      transaction
          .sql("insert into definition (address, form) values (?, '{}')")
          .bind(address)
          .update();
      return address;
    };
  }

  private static Work<String> fail() {
    return transaction -> {
      transaction.sql("insert into definition (address) values ('never')").update();
      return "never";
    };
  }

  private static Work<String> stumble() {
    return transaction -> {
      store("never").apply(transaction);
      throw new IllegalStateException("a fault of ours");
    };
  }

  private static Work<String> refuseLate(String address) {
    return transaction -> {
      store(address).apply(transaction);
      throw new DuplicateJobException(new JobId("tree"));
    };
  }

  private List<String> stored() {
    return writer.write(rows("select address from definition order by address"));
  }

  private static Work<List<String>> rows(String question) {
    return transaction -> transaction.sql(question).list(row -> row.getString(1));
  }
}
