package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Delta;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Note;
import dev.errand.spi.SearchWords;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// That no statement reads a table from end to end, which nobody would notice in a small store.
class QueryPlanTest {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final JobId ROOT = new JobId("tree");

  @TempDir private Path directory;

  @Test
  void every_statement_finds_its_rows_by_an_index() {
    try (var store = SqliteStore.open(directory.resolve("jobs.db"), InstantSource.system())) {
      useEverything(store);
      var texts = new TreeSet<>(store.onReader(Session::texts));
      texts.addAll(store.onWriter(transaction -> transaction.session().texts()));

      List<String> scans = store.onReader(session -> scans(session, texts));

      assertThat(texts).hasSizeGreaterThan(25);
      assertThat(scans).isEmpty();
    }
  }

  @Test
  void what_was_said_to_a_job_is_found_without_reading_its_history() {
    try (var store = SqliteStore.open(directory.resolve("jobs.db"), InstantSource.system())) {
      store.submit(TestJobs.jobOfBytes(ROOT, 10));
      store.news(ROOT, 0, 10);

      List<String> plans = store.onReader(QueryPlanTest::plansOfSignals);

      assertThat(plans).singleElement().asString().contains("USING INDEX entry_signal");
    }
  }

  private static void useEverything(SqliteStore store) {
    store.submit(TestJobs.jobOfBytes(ROOT, 10));
    store.submit(TestJobs.keyed(new JobId("other"), "key"));
    var claim = store.claim("worker", 1, LEASE).getFirst();
    store.renew(List.of(claim.lease()), LEASE);
    store.commit(TestJobs.delegatingAndAwaitingOne(claim, ROOT.child(1), ROOT.child(2)));
    store.claim("worker", 10, LEASE).forEach(due -> store.commit(TestJobs.ending(due)));
    store.nextDue();
    store.find(ROOT);
    store.find(List.of(ROOT, ROOT.child(1)));
    store.findByKey("key");
    store.jobs("tree", "tree.1", 10).forEach(job -> store.definition(job.definition()));
    store.children(ROOT, 0, 10);
    store.childBySubtaskId(ROOT, new Json.Text("x"));
    store.ended(ROOT, 0, 10);
    store.count(ROOT);
    store.checkpoint(ROOT).orElseThrow().coVariables().forEach(part -> store.chunks(part.chunks()));
    store.checkpoint(ROOT, 0);
    store.journal(ROOT, 0, 0);
    store.effects(ROOT, null, 10);
    store.unknownEffects(null, null, 10);
    store.waiting(ROOT);
    store.callbacks(null, null, 10);
    store.callbacks(ROOT, ROOT.child(1), 10);
    store.fork(ROOT, Delta.BEFORE, new JobId("fork"));
    store.forget(ROOT, 0);
    store.collect(1);
    store.onWriter(new Collecting(1));
    useMemory(store);
    store.history(ROOT, 0, 10);
    store.events(ROOT, 0, 10);
  }

  private static void useMemory(SqliteStore store) {
    var note = Note.of(Note.Type.FACT, "Water boils.");
    store.remember("team", "a", note, null);
    store.rewrite("team", "a", note, ROOT);
    store.retrieved("team", List.of("a"));
    store.card("team", "a");
    store.cards("team", "", 10);
    store.countCards("team");
    store.search("team", SearchWords.of("water"), 10);
    store.memories();
    store.forgetCard("team", "a");
  }

  /// The steps of their plans that go through a table; of the processes and the memories there are
  /// only a few, and lists of what to do, those given as JSON, and what a search has found are read
  /// from end to end by their nature. A search itself goes by the words.
  private static List<String> scans(Session session, Set<String> texts) throws SQLException {
    var found = new TreeSet<String>();
    for (var text : texts) {
      if (text.matches("(?s)(select|insert|update|delete) .*")) {
        plan(session, text).stream()
            .filter(step -> step.startsWith("SCAN"))
            .filter(
                step ->
                    !step.matches(
                            "SCAN (process|candidate|ready|later|late|over|memory|memory USING"
                                + " .*|found|quota|CONSTANT ROW|job USING (COVERING )?INDEX"
                                + " job_ready)")
                        && !step.matches("SCAN card_word VIRTUAL TABLE INDEX \\d+:(M.*|=)")
                        && !step.contains("json_each"))
            .forEach(step -> found.add(step + " in " + text));
      }
    }
    return List.copyOf(found);
  }

  private static List<String> plan(Session session, String text) throws SQLException {
    return session.sql("explain query plan " + text).list(row -> row.getString(4));
  }

  private static List<String> plansOfSignals(Session session) throws SQLException {
    var plans = new TreeSet<String>();
    for (var text : session.texts()) {
      if (text.contains("kind = 'signal'")) {
        plans.addAll(plan(session, text));
      }
    }
    return List.copyOf(plans);
  }
}
