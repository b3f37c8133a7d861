package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.testkit.PostgresServer;
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Where a store is, and that nobody is shown the password to it.
class StorePlaceTest {
  private static final String NOBODY =
      "jdbc:postgresql://127.0.0.1:1/db?user=me&password=hush-hush&connectTimeout=2";

  @TempDir Path directory;

  private Surroundings surroundings(Map<String, String> environment) {
    var screen = Screen.of(Shell.printing(new ByteArrayOutputStream()), System.err);
    return new Surroundings(screen, new StringReader(""), directory, environment);
  }

  @Test
  void what_is_named_counts_before_the_environment_and_that_before_the_usual_file() {
    var said = surroundings(Map.of("ERRAND_STORE", "said.db"));

    assertThat(StorePlace.of("named.db", said).shown()).isEqualTo("named.db");
    assertThat(StorePlace.of(null, said).shown()).isEqualTo("said.db");
    assertThat(StorePlace.of(null, surroundings(Map.of())).shown()).isEqualTo("errand.db");
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://h/db?password=pw, jdbc:postgresql://h/db",
    "jdbc:postgresql://h/db?user=me&password=pw, jdbc:postgresql://h/db?user=me",
    "jdbc:postgresql://h/db?password=pw&user=me, jdbc:postgresql://h/db?user=me",
    "jdbc:postgresql://h/db?a=b&PASSWORD=p%26w&user=me, jdbc:postgresql://h/db?a=b&user=me",
    "jdbc:postgresql://h/db?sslpassword=pw, jdbc:postgresql://h/db",
    "jdbc:postgresql://h/db?password=a)b'c;d&sslpassword=e, jdbc:postgresql://h/db",
    "jdbc:postgresql://me:pw@h/db, jdbc:postgresql://me@h/db",
    "no 'jdbc:postgresql://h/db?password=pw' here, no 'jdbc:postgresql://h/db' here",
    "jdbc:postgresql://h/db?user=me, jdbc:postgresql://h/db?user=me",
    "is it there? yes, is it there? yes"
  })
  void a_password_is_not_shown(String text, String shown) {
    assertThat(Secrets.hidden(text)).isEqualTo(shown);
  }

  @Test
  void a_url_without_password_has_that_of_the_environment() {
    var environment = surroundings(Map.of("PGPASSWORD", "a&b c"));

    var place = StorePlace.of("jdbc:postgresql://h/db?user=me", environment);

    assertThat(place)
        .isEqualTo(new StorePlace.Database("jdbc:postgresql://h/db?user=me&password=a%26b+c"));
    assertThat(place.shown()).isEqualTo("jdbc:postgresql://h/db?user=me");
    assertThat(place).hasToString("jdbc:postgresql://h/db?user=me");
    assertThat(StorePlace.of("jdbc:postgresql://h/db", environment))
        .isEqualTo(new StorePlace.Database("jdbc:postgresql://h/db?password=a%26b+c"));
    assertThat(StorePlace.of(NOBODY, environment)).isEqualTo(new StorePlace.Database(NOBODY));
  }

  @Test
  void other_databases_are_refused_without_their_password() {
    assertThatThrownBy(() -> StorePlace.of("jdbc:mysql://h/db?password=pw", surroundings(Map.of())))
        .isInstanceOf(Refusal.class)
        .hasMessage("a store is a file or a jdbc:postgresql:// URL, not jdbc:mysql://h/db");
  }

  @Test
  void the_environment_names_the_store_of_every_command() {
    var shell = new Shell(directory).with("ERRAND_STORE", "other.db").file("job.py", "exit(1)\n");

    assertThat(shell.errand("run", "job.py", "--quiet").code()).isZero();

    assertThat(shell.has("other.db")).isTrue();
    assertThat(shell.has("errand.db")).isFalse();
    assertThat(shell.errand("jobs").code()).isZero();
    assertThat(shell.errand("jobs", "--store", "errand.db").code()).isEqualTo(3);
  }

  @Test
  void a_database_that_cannot_be_reached_is_one_line_with_code_3_and_no_password() {
    var shell = new Shell(directory);

    for (var how : new String[] {"jobs", "worker", "resume", "doctor"}) {
      var said = shell.errand(how, "--store", NOBODY);

      assertThat(said.code()).as(how).isEqualTo(3);
      assertThat(said.out() + said.err()).as(how).doesNotContain("hush-hush");
    }
    var verbose = shell.errand("jobs", "-v", "--store", NOBODY);
    assertThat(verbose.err()).contains("\tat ").doesNotContain("hush-hush");
  }

  /// Every user of the machine can read the words of a command, and only its own user its
  /// environment.
  @Test
  void a_worker_process_is_told_the_password_where_no_other_user_sees_it() throws Exception {
    var url = PostgresServer.shared().newDatabase();
    var password = url.replaceFirst(".*password=([^&]+).*", "$1");
    var place = StorePlace.of(url, surroundings(Map.of()));

    try (var worker = WorkerProcess.start(place, directory, 1, "off")) {
      var words = Files.readString(Path.of("/proc", Long.toString(worker.pid()), "cmdline"));

      assertThat(words).contains("resume").doesNotContain(password);
      worker.awaitEnd();
      assertThat(worker.said()).doesNotContain(password);
    }
    assertThat(PostgresServer.ask(url, "select count(*) from errand.job"))
        .containsExactly(List.of("0"));
  }
}
