package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Account;
import dev.errand.job.Account.Balance;
import dev.errand.job.Blob;
import dev.errand.job.Budget;
import dev.errand.job.Delta;
import dev.errand.job.JobId;
import dev.errand.job.Limits;
import dev.errand.job.Note;
import dev.errand.job.Variable;
import dev.errand.spi.SearchWords;
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

  @TempDir private Path directory;

  @BeforeEach
  void writeAFileOfSchema1() throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file());
        var statement = connection.createStatement()) {
      statement.executeUpdate(SqliteMigrations.scripts().getFirst());
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
    var old =
        fileOfSchema(8, "insert into object values ('o', 'key', 'Counter', 3, 0, null, '{}')");
    try (var store = SqliteStore.open(old, InstantSource.system())) {
      store.remember("team", "a", Note.of(Note.Type.FACT, "Water boils."), ROOT);

      assertThat(store.search("team", SearchWords.of("water"), 1)).hasSize(1);
      assertThat(store.objectByKey("key").orElseThrow().version()).isEqualTo(3);
    }
  }

  @Test
  void the_accounts_of_a_file_of_schema_10_are_as_they_were() throws Exception {
    var old =
        fileOfSchema(
            10,
            """
            insert into job (id, parent, ordinal, digest, agent, created, definition, status)
            values ('tree', null, 0, 'asked', 'tester', 0, 'none', 'STARTED'),
              ('tree.1', 'tree', 1, 'asked', 'tester', 0, 'none', 'DONE'),
              ('tree.2', 'tree', 2, 'asked', 'tester', 0, 'none', 'STARTED')
            """,
            """
            insert into account values ('tree', 1, 100, 1, 2, 50, 20, 200, 3, 4, 0, 0),
              ('tree.1', 0, 50, 30, 0, 0, 0, null, 5, 0, 0, 0)
            """);
    try (var store = SqliteStore.open(old, InstantSource.system())) {
      assertThat(store.accounts(ROOT, null, 10))
          .containsExactly(
              new Account(ROOT, new Balance(100, 1, 2, 50, 20), new Balance(200, 3, 4, 0, 0), true),
              new Account(
                  ROOT.child(1),
                  new Balance(50, 30, 0, 0, 0),
                  new Balance(Budget.UNBOUNDED, 5, 0, 0, 0),
                  false));
    }
  }

  private Path fileOfSchema(int version, String... rows) throws SQLException {
    var old = directory.resolve("schema.db");
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + old);
        var statement = connection.createStatement()) {
      for (var script : SqliteMigrations.scripts().subList(0, version)) {
        statement.executeUpdate(script);
      }
      statement.executeUpdate("pragma application_id = " + SqliteDatabase.APPLICATION_ID);
      statement.executeUpdate("pragma user_version = " + version);
      for (var row : rows) {
        statement.executeUpdate(row);
      }
    }
    return old;
  }

  private SqliteStore open() {
    return SqliteStore.open(file(), InstantSource.system());
  }

  private Path file() {
    return directory.resolve("jobs.db");
  }
}
