package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.testkit.PostgresServer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `errand migrate`.
class MigrateTest {
  @TempDir Path directory;

  @Test
  void a_file_is_made_and_found_up_to_date() {
    var shell = new Shell(directory);

    assertThat(shell.errand("migrate", "--validate").code()).isEqualTo(3);
    assertThat(shell.has("errand.db")).isFalse();
    assertThat(shell.errand("migrate").out()).startsWith("errand.db is up to date, by ");
    assertThat(shell.errand("migrate").out()).isEqualTo("errand.db was up to date\n");
    assertThat(shell.errand("migrate", "--validate"))
        .isEqualTo(new Shell.Said(0, "errand.db is up to date\n", ""));
    assertThat(shell.errand("jobs").code()).isZero();
  }

  @Test
  void a_database_is_made_and_found_up_to_date() {
    var url = PostgresServer.shared().newDatabase();
    var shell = new Shell(directory).with("ERRAND_STORE", url);

    var before = shell.errand("migrate", "--validate", "--json");
    assertThat(before.code()).isEqualTo(3);
    assertThat(before.out()).contains("\"missing\":").doesNotContain("password");
    assertThat(shell.errand("migrate").out())
        .startsWith(Secrets.hidden(url) + " is up to date, by ");
    assertThat(shell.errand("migrate", "--json").out()).contains("\"applied\":0");
    assertThat(shell.errand("migrate", "--validate").code()).isZero();
    assertThat(shell.errand("jobs").code()).isZero();
  }

  @Test
  void the_doctor_says_that_the_tables_are_missing_and_makes_none() {
    var url = PostgresServer.shared().newDatabase();
    var shell = new Shell(directory).with("ERRAND_STORE", url);

    var before = shell.errand("doctor");
    assertThat(before.code()).isZero();
    assertThat(before.out())
        .contains("lacks 1 script of this release; errand migrate applies")
        .doesNotContain("password");
    assertThat(PostgresServer.ask(url, "select to_regnamespace('errand') is null"))
        .containsExactly(List.of("t"));
    assertThat(shell.errand("migrate").code()).isZero();
    assertThat(shell.errand("doctor").out()).endsWith(", 0 root jobs\n");
  }

  @Test
  void the_sql_is_printed_without_a_store() {
    var shell = new Shell(directory);
    var nowhere = "jdbc:postgresql://127.0.0.1:1/db?user=me&password=hush-hush";

    var ofFile = shell.errand("migrate", "--print");
    var ofDatabase = shell.errand("migrate", "--print", "--store", nowhere);

    assertThat(ofFile.code()).isZero();
    assertThat(ofFile.out()).contains("create table job");
    assertThat(shell.has("errand.db")).isFalse();
    assertThat(ofDatabase.code()).isZero();
    assertThat(ofDatabase.out()).contains("create table").contains("errand.job");
    assertThat(ofDatabase.out()).isNotEqualTo(ofFile.out()).doesNotContain("hush-hush");
  }

  @Test
  void a_database_that_cannot_be_reached_is_not_up_to_date() {
    var nowhere = "jdbc:postgresql://127.0.0.1:1/db?user=me&password=hush-hush";

    for (var how : new String[] {"--validate", "--json"}) {
      var said = new Shell(directory).errand("migrate", how, "--store", nowhere);

      assertThat(said.code()).isEqualTo(3);
      assertThat(said.out() + said.err()).doesNotContain("hush-hush");
    }
  }

  @Test
  void to_print_and_to_validate_are_one_too_many() {
    assertThat(new Shell(directory).errand("migrate", "--print", "--validate").code()).isEqualTo(2);
  }
}
