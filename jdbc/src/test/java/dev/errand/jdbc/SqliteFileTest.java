package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.JobEffect;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Slot;
import dev.errand.job.StoreException;
import dev.errand.spi.StoreProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.SQLiteErrorCode;

/// How a file is opened, and when it is refused.
class SqliteFileTest {
  private static final Duration LEASE = Duration.ofSeconds(30);

  @TempDir private Path directory;

  @Test
  void a_file_that_is_not_there_is_created() {
    var file = directory.resolve("jobs.db");
    open(file).close();

    assertThat(files()).containsExactly("jobs.db");
  }

  @Test
  void an_empty_file_becomes_a_store() throws IOException {
    var file = Files.createFile(directory.resolve("jobs.db"));
    open(file).close();

    assertThat(Files.size(file)).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"what?.db", "100%20.db", "a b.db", "zażółć.db", "a;b#c.db"})
  void a_file_may_have_any_name(String name) {
    open(directory.resolve(name)).close();

    assertThat(files()).containsExactly(name);
  }

  @Test
  void the_provider_is_found_by_the_service_loader() {
    var provider = ServiceLoader.load(StoreProvider.class).findFirst().orElseThrow();

    try (var store = provider.open(directory.resolve("jobs.db"), InstantSource.system())) {
      assertThat(store.busy()).isFalse();
    }
  }

  @Test
  void a_store_says_in_its_file_whose_it_is_and_of_which_schema() throws SQLException {
    var file = directory.resolve("jobs.db");
    open(file).close();

    assertThat(ask(file, "pragma application_id")).isEqualTo("1163022916");
    assertThat(ask(file, "pragma user_version")).isEqualTo("11");
    assertThat(ask(file, "pragma journal_mode")).isEqualTo("wal");
  }

  @Test
  void an_intention_of_the_first_schema_is_an_effect_that_nobody_knows_the_outcome_of()
      throws SQLException, IOException {
    var file = directory.resolve("old.db");
    try (var schema = SqliteMigrations.class.getResourceAsStream("sqlite/V0001__jobs.sql");
        var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement()) {
      statement.executeUpdate(new String(schema.readAllBytes(), StandardCharsets.UTF_8));
    }
    execute(
        file,
        "insert into effect values ('tree', 0, 2, 0, 'pay', 'digest', 'AT_MOST_ONCE', null)",
        "pragma application_id = 1163022916",
        "pragma user_version = 1");

    try (var store = open(file)) {
      assertThat(store.unknownEffects(null, null, 9))
          .extracting(JobEffect::effect)
          .containsExactly(
              new Effect(
                  new Slot(0, 2, 0),
                  "pay",
                  "digest",
                  EffectPolicy.AT_MOST_ONCE,
                  new Effect.Result.Intended(Json.Object.EMPTY)));
    }
  }

  @Test
  void a_job_can_be_read_with_plain_sql() throws SQLException {
    var file = directory.resolve("jobs.db");
    try (var store = open(file)) {
      store.submit(TestJobs.job(new JobId("tree")));
    }

    assertThat(ask(file, "select id || ' ' || status || ' ' || agent from job"))
        .isEqualTo("tree READY tester");
    assertThat(ask(file, "select kind || ' ' || data from entry"))
        .isEqualTo("job_created {\"agent\":\"tester\"}");
  }

  @Test
  void a_job_that_is_done_leaves_no_waits_behind() throws SQLException {
    var file = directory.resolve("jobs.db");
    var root = new JobId("tree");
    try (var store = open(file)) {
      store.submit(TestJobs.job(root));
      var claim = store.claim("worker", 1, LEASE).getFirst();
      store.commit(TestJobs.delegatingAndAwaitingOne(claim, root.child(1), root.child(2)));
      store.commit(TestJobs.ending(store.claim("worker", 1, LEASE).getFirst()));
      assertThat(ask(file, "select waiter || ' ' || target from wait")).isEqualTo("tree tree.2");
      store.claim("worker", 10, LEASE).stream()
          .filter(woken -> woken.job().id().equals(root))
          .forEach(woken -> store.commit(TestJobs.ending(woken)));
    }

    assertThat(ask(file, "select count(*) from wait")).isEqualTo("0");
  }

  @Test
  void a_file_of_another_kind_is_refused_and_left_as_it_is() throws IOException {
    var file = Files.writeString(directory.resolve("notes.txt"), "Dear diary, today nothing ran.");

    assertRefused(file, "is not an SQLite file");
    assertThat(file).hasContent("Dear diary, today nothing ran.");
    assertThat(files()).containsExactly("notes.txt");
  }

  @ParameterizedTest
  @ValueSource(strings = {"delete", "wal"})
  void an_sqlite_file_of_another_program_is_refused_and_left_as_it_is(String mode)
      throws Exception {
    var file = directory.resolve("photos.db");
    execute(file, "pragma journal_mode = " + mode, "create table photo (title text)");
    var before = Files.readAllBytes(file);

    assertRefused(file, "not one of Errand's");
    assertThat(file).hasBinaryContent(before);
    assertThat(files()).containsExactly("photos.db");
  }

  @Test
  void a_file_of_a_newer_release_is_refused() throws Exception {
    var file = directory.resolve("jobs.db");
    open(file).close();
    execute(file, "pragma user_version = 4711");

    assertRefused(file, "written by a newer release of Errand (schema 4711");
  }

  @Test
  void a_directory_that_does_not_exist_is_refused() {
    assertRefused(directory.resolve("no/such/jobs.db"), "does not exist");
    assertThat(files()).isEmpty();
  }

  @Test
  void a_directory_is_no_store() {
    assertRefused(directory, "is a directory");
  }

  @Test
  void a_directory_where_nothing_can_be_created_is_refused() {
    assertRefused(Path.of("/proc/errand-jobs.db"), "/proc");
  }

  @Test
  void a_creation_that_fails_leaves_no_file() throws IOException {
    Files.createDirectory(directory.resolve("jobs.db-journal"));

    assertRefused(directory.resolve("jobs.db"), "cannot be opened or created");
    assertThat(files()).containsExactly("jobs.db-journal");
  }

  @Test
  void a_damaged_file_is_refused_with_advice() throws IOException {
    var file = directory.resolve("jobs.db");
    open(file).close();
    var bytes = Files.readAllBytes(file);
    java.util.Arrays.fill(bytes, 100, bytes.length, (byte) 0x5a);
    Files.write(file, bytes);

    assertRefused(file, "is damaged");
  }

  @Test
  void many_who_create_one_file_at_a_time_all_get_a_store() throws Exception {
    var file = directory.resolve("jobs.db");
    var openings =
        IntStream.range(0, 8)
            .<Callable<JobId>>mapToObj(
                n ->
                    () -> {
                      try (var store = open(file)) {
                        return store.submit(TestJobs.job(new JobId("tree" + n)));
                      }
                    })
            .toList();
    try (var threads = Executors.newFixedThreadPool(openings.size())) {
      for (var done : threads.invokeAll(openings)) {
        done.get();
      }
    }

    try (var store = open(file)) {
      assertThat(store.jobs("", "", 100)).hasSize(8);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.51.2", "3.50.99", "2.99.0"})
  void an_sqlite_that_can_damage_files_is_refused(String version) {
    assertThatThrownBy(() -> SqliteDatabase.requireRecent(version))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining(version)
        .hasMessageContaining("sqlite-jdbc 3.51.3.0 or later");
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.51.3", "3.52.0", "4.0.0", "3.54.1"})
  void a_recent_sqlite_is_accepted(String version) {
    assertThatCode(() -> SqliteDatabase.requireRecent(version)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @EnumSource(
      value = SQLiteErrorCode.class,
      names = {
        "SQLITE_FULL",
        "SQLITE_IOERR",
        "SQLITE_READONLY",
        "SQLITE_CANTOPEN",
        "SQLITE_BUSY",
        "SQLITE_NOTADB",
        "SQLITE_CORRUPT"
      })
  void an_error_names_the_file_and_ends_with_what_to_do(SQLiteErrorCode code) {
    assertThat(SqliteTrouble.explain(Path.of("/data/jobs.db"), code, "details"))
        .startsWith("/data/jobs.db ")
        .containsPattern("[.;] (Name|Give|Check|Restore|.*(free|end) )");
  }

  @Test
  void an_extended_code_is_explained_like_the_code_it_extends() {
    var extended =
        new org.sqlite.SQLiteException("disk I/O error", SQLiteErrorCode.SQLITE_IOERR_FSYNC);

    assertThat(SqliteTrouble.code(extended)).isEqualTo(SQLiteErrorCode.SQLITE_IOERR);
  }

  private static SqliteStore open(Path file) {
    return SqliteStore.open(file, InstantSource.system());
  }

  private static void assertRefused(Path file, String why) {
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining(String.valueOf(file.getParent()))
        .hasMessageContaining(why);
  }

  private List<String> files() {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException unreadable) {
      throw new java.io.UncheckedIOException(unreadable);
    }
  }

  private static void execute(Path file, String... statements) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement()) {
      for (var text : statements) {
        statement.execute(text);
      }
    }
  }

  private static String ask(Path file, String question) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement();
        var rows = statement.executeQuery(question)) {
      return rows.getString(1);
    }
  }
}
