package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Answering callbacks of jobs that another Errand works on, and seeing which are open.
class AnswerTest {
  private static final String NAME = "approve payment";
  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));
  private Errand working;
  private Job job;

  @BeforeEach
  void let_a_job_ask() {
    shell = new Shell(directory);
    working = Asking.open(directory);
    job = Asking.clerk(working, "invoice-7");
  }

  @AfterEach
  void close() {
    working.close();
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"ok\": true}', '{\"ok\":true}'",
    "12,               12",
    "yes,              '\"yes\"'",
    "{oh,              '\"{oh\"'",
  })
  void an_answer_is_json_where_it_can_be_and_reaches_the_worker(String value, String given) {
    var said = shell.errand("answer", "invoice-7", NAME, value);

    assertThat(said.code()).isZero();
    assertThat(said.out())
        .startsWith("callback approve payment of job " + job.id() + " is answered: ");
    assertThat(Asking.end(job)).isEqualTo(given);
  }

  @Test
  void an_answer_may_be_text_that_looks_like_json() {
    shell.errand("answer", "invoice-7", NAME, "12", "--text");

    assertThat(Asking.end(job)).isEqualTo("\"12\"");
  }

  @Test
  void an_answer_without_a_value_is_null() {
    shell.errand("answer", "invoice-7", NAME);

    assertThat(Asking.end(job)).isEqualTo("null");
  }

  @Test
  void a_callback_can_be_refused() {
    var said = shell.errand("answer", "invoice-7", NAME, "--error", "nobody is there");

    assertThat(said.out()).endsWith(" is refused: nobody is there\n");
    assertThat(Asking.end(job)).isEqualTo("refused: nobody is there");
  }

  @Test
  void a_callback_is_named_by_its_own_id_too() {
    assertThat(shell.errand("answer", job.id() + ".1", "yes", "--json").out())
        .isEqualTo(
            Json.object("job", job.id().text())
                    .with("name", NAME)
                    .with("state", "COMPLETED")
                    .with("value", "yes")
                    .print()
                + "\n");
    assertThat(Asking.end(job)).isEqualTo("\"yes\"");
  }

  @Test
  void a_second_answer_is_refused_in_a_line_that_says_why() {
    shell.errand("answer", "invoice-7", NAME, "yes");

    var said = shell.errand("answer", "invoice-7", NAME, "no");

    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err())
        .contains("Callback approve payment of job " + job.id() + " has ended already: COMPLETED")
        .hasLineCount(1);
    assertThat(Asking.end(job)).isEqualTo("\"yes\"");
  }

  static Stream<List<String>> misused() {
    return Stream.of(
        List.of("has no callback 'approve-payment'", "invoice-7", "approve-payment", "yes"),
        List.of("No job is called nobody", "nobody", NAME, "yes"),
        List.of("not both", "invoice-7", NAME, "yes", "--error", "no"),
        List.of("needs the NAME", "invoice-7", "--error", "no"),
        List.of("needs the NAME", "--error", "no"),
        List.of("give no NAME", "ITSELF", NAME, "yes"));
  }

  @ParameterizedTest
  @MethodSource("misused")
  void what_cannot_be_answered_is_wrong_usage(List<String> words) {
    var call =
        Stream.concat(Stream.of("answer"), words.stream().skip(1))
            .map(word -> word.equals("ITSELF") ? job.id() + ".1" : word);

    var said = shell.errand(call.toArray(String[]::new));

    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err()).contains(words.getFirst()).hasLineCount(1);
    assertThat(job.callbacks()).hasSize(1);
  }

  @Test
  void open_callbacks_are_listed_with_who_asks_and_since_when() {
    var editor = Asking.editor(working, "edition");

    var all = shell.errand("answer").out();
    assertThat(all.lines()).hasSize(4);
    assertThat(all)
        .containsPattern(
            job.id() + "\\.1 +callback approve payment +\\d.* " + job.id() + " +invoice-7\n")
        .containsPattern(
            editor.id()
                + "\\.2\\.1 +callback opinion +\\d.* "
                + editor.id()
                + "\\.2 +edition / second\n");
    assertThat(shell.errand("answer", "edition").out()).hasLineCount(3).doesNotContain("approve");
    assertThat(shell.errand("answer", editor.id() + ".1").out()).contains("first").hasLineCount(2);
    assertThat(shell.errand("answer", editor.id() + ".1.1").out()).hasLineCount(2);
    shell.errand("answer", "invoice-7", NAME, "yes");
    assertThat(shell.errand("answer").out()).doesNotContain("approve");
  }

  @Test
  void open_callbacks_in_json_say_what_a_program_needs() {
    var listed = (Json.Array) Json.parse(shell.errand("answer", "--json").out());

    assertThat(((Json.Object) listed.items().getFirst()).members())
        .containsEntry("id", new Json.Text(job.id() + ".1"))
        .containsEntry("name", new Json.Text(NAME))
        .containsEntry("job", new Json.Text(job.id().text()))
        .containsEntry("path", Json.of(List.of("invoice-7")))
        .containsKeys("since", "ageMillis");
  }
}
