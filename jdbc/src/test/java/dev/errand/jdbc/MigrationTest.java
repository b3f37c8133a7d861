package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Blob;
import dev.errand.job.Delta;
import dev.errand.job.JobId;
import dev.errand.job.Limits;
import dev.errand.job.Note;
import dev.errand.job.Variable;
import dev.errand.spi.SearchWords;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// That a file of an earlier schema becomes one of this release's, and loses nothing.
class MigrationTest {
  private static final JobId ROOT = new JobId("tree");
  private static final Blob PIECE = new Blob("piece".getBytes(StandardCharsets.UTF_8));

  private static final List<String> BEFORE_MEMORY =
      List.of(
          "V0001__jobs.sql",
          "V0002__covariables.sql",
          "V0003__effects.sql",
          "V0004__objects.sql",
          "V0005__signals.sql",
          "V0006__stops.sql",
          "V0007__places.sql",
          "V0008__budgets.sql");

  @TempDir private Path directory;

  @BeforeEach
  void writeAFileOfSchema1() throws SQLException, IOException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file());
        var statement = connection.createStatement()) {
      statement.executeUpdate(resource("V0001__jobs.sql"));
      statement.executeUpdate("pragma application_id = " + SqliteDatabase.APPLICATION_ID);
      statement.executeUpdate("pragma user_version = 1");
      statement.executeUpdate(
          """
          insert into job (id, parent, ordinal, digest, agent, created, definition, status, turn,
            input_tokens, output_tokens, micro_usd)
          values ('tree', null, 0, 'asked', 'tester', 0, 'none', 'STARTED', 5, 10, 20, 30),
            ('tree.1', 'tree', 1, 'asked', 'tester', 0, 'none', 'DONE', 0, 1, 2, 3)
          """);
      statement.executeUpdate(
          """
          insert into workspace values
            ('tree', x'0102', '["%1$s","%1$s"]',
             '[{"name":"x","type":"str","preview":"...","lost":""}]')
          """
              .formatted(PIECE.address()));
      statement.executeUpdate(
          "insert into chunk values ('%s', cast('piece' as blob)), ('0123', x'00')"
              .formatted(PIECE.address()));
    }
  }

  @Test
  void a_workspace_of_schema_1_is_what_the_job_begins_with() {
    try (var store = open()) {
      var workspace = store.checkpoint(ROOT, Delta.BEFORE).orElseThrow();
      var part = workspace.coVariables().getFirst();

      assertThat(store.checkpoint(ROOT)).hasValue(workspace);
      assertThat(part.number()).isZero();
      assertThat(part.head()).isEqualTo(new Blob(new byte[] {1, 2}));
      assertThat(part.chunks()).containsExactly(PIECE.address(), PIECE.address());
      assertThat(part.variables()).containsExactly(new Variable("x", "str", 0, "...", ""));
      assertThat(store.chunks(part.chunks())).containsEntry(PIECE.address(), PIECE).hasSize(1);
    }
  }

  @Test
  void a_job_of_schema_1_is_as_it_was() {
    try (var store = open()) {
      assertThat(store.find(ROOT).orElseThrow().progress().turn()).isEqualTo(5);
    }
  }

  @Test
  void a_tree_of_schema_1_has_the_usual_budget_and_has_spent_what_its_jobs_did() {
    try (var store = open()) {
      var usual = Limits.DEFAULT.budget();
      assertThat(store.accounts(ROOT, null, 10))
          .singleElement()
          .satisfies(
              account -> {
                assertThat(account.granted()).isEqualTo(usual);
                assertThat(account.tokens().spent()).isEqualTo(33);
                assertThat(account.microUsd().left()).isEqualTo(usual.microUsd() - 33);
              });
    }
  }

  @Test
  void chunks_that_no_workspace_of_schema_1_has_are_garbage() {
    try (var store = open()) {
      List<String> candidates =
          store.onReader(
              session ->
                  session.sql("select address from candidate").list(row -> row.getString(1)));

      assertThat(candidates).containsExactly("0123");
    }
  }

  @Test
  void a_file_of_schema_8_can_be_remembered_in_and_keeps_what_it_has() throws Exception {
    var old = directory.resolve("schema8.db");
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + old);
        var statement = connection.createStatement()) {
      for (var name : BEFORE_MEMORY) {
        statement.executeUpdate(resource(name));
      }
      statement.executeUpdate("pragma application_id = " + SqliteDatabase.APPLICATION_ID);
      statement.executeUpdate("pragma user_version = 8");
      statement.executeUpdate(
          "insert into object values ('o', 'key', 'Counter', 3, 0, null, '{}')");
    }
    try (var store = SqliteStore.open(old, InstantSource.system())) {
      store.remember("team", "a", Note.of(Note.Type.FACT, "Water boils."), ROOT);

      assertThat(store.search("team", SearchWords.of("water"), 1)).hasSize(1);
      assertThat(store.objectByKey("key").orElseThrow().version()).isEqualTo(3);
    }
  }

  private SqliteStore open() {
    return SqliteStore.open(file(), InstantSource.system());
  }

  private Path file() {
    return directory.resolve("jobs.db");
  }

  private static String resource(String name) throws IOException {
    try (var stream = SqliteMigrations.class.getResourceAsStream("sqlite/" + name)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
