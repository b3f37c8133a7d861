package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Json;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The commands that show what turns left, go back to it, and forget it.
class TurnsTest {
  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));

  @BeforeEach
  void fill_a_store() {
    shell = new Shell(directory);
    StoredJobs.threeTurns(directory.resolve("errand.db"), "notes");
  }

  @Test
  void workspace_shows_size_chunk_and_the_turn_that_wrote_it() {
    var lines = shell.errand("workspace", "notes").out().lines().toList();

    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).matches("NAME +TYPE +SIZE +CHUNK +TURN +VALUE");
    assertThat(lines.get(1)).matches("x +int +30 B +inline +1 +2");
    assertThat(lines.get(2)).matches("big +list +2\\.5 MB +[0-9a-f]{8} +0 +\\[…]");
  }

  @Test
  void workspace_at_a_turn_shows_what_the_turn_left() {
    assertThat(shell.errand("workspace", "notes", "--at", "0").out())
        .containsPattern("x +int +30 B +inline +0 +1\n")
        .doesNotContain("y ");
    assertThat(shell.errand("workspace", "notes", "--at", "1").out())
        .containsPattern("y +generator .* not kept: a running generator\n");
    assertThat(shell.errand("workspace", "notes", "--at", "-1").out().lines()).hasSize(1);
  }

  @Test
  void workspace_in_json_has_the_same() {
    var shown = objects(shell.errand("workspace", "notes", "--at", "1", "--json").out());

    assertThat(shown.getFirst())
        .isEqualTo(
            Json.object("name", "x")
                .with("type", "int")
                .with("bytes", 30)
                .with("preview", "2")
                .with("lost", null)
                .with("chunk", null)
                .with("since", 1));
    assertThat(shown).extracting(form -> form.text("name").orElse("")).contains("y", "big");
  }

  @Test
  void diff_tells_what_was_added_removed_and_changed() {
    var later = shell.errand("workspace", "notes", "--diff", "0", "1").out().lines().toList();
    var back = shell.errand("workspace", "notes", "--diff", "1", "0").out().lines().toList();

    assertThat(later).hasSize(3);
    assertThat(later.get(1)).matches("~ +x +int +1 → 2");
    assertThat(later.get(2)).matches("\\+ +y +generator +not kept: a running generator");
    assertThat(back.get(1)).matches("~ +x +int +2 → 1");
    assertThat(back.get(2)).matches("- +y +generator +.*");
  }

  @Test
  void diff_in_json_has_both_sides() {
    var shown = objects(shell.errand("workspace", "notes", "--diff", "0", "2", "--json").out());

    assertThat(shown).singleElement().satisfies(TurnsTest::isTheChangeOfX);
  }

  private static void isTheChangeOfX(Json.Object form) {
    assertThat(form.text("change")).contains("changed");
    assertThat(form.get("before").map(Json::print).orElse("")).contains("\"preview\":\"1\"");
    assertThat(form.get("after").map(Json::print).orElse("")).contains("\"preview\":\"2\"");
  }

  @Test
  void fork_prints_the_id_of_a_job_that_stands_after_the_turn() {
    var said = shell.errand("fork", "notes", "--at", "0", "--id", "again");

    assertThat(said.code()).isZero();
    assertThat(said.out()).isEqualTo("again\n");
    assertThat(said.err()).contains("it goes on with: errand resume --store errand.db");
    assertThat(shell.errand("workspace", "again").out())
        .isEqualTo(shell.errand("workspace", "notes", "--at", "0").out());
    assertThat(shell.errand("history", "again").out())
        .containsPattern("job_created +agent noter, forked from notes after turn 0\n")
        .contains("said in turn 0")
        .doesNotContain("said in turn 1");
  }

  @Test
  void fork_in_json_says_where_it_comes_from() {
    var form = (Json.Object) Json.parse(shell.errand("fork", "notes", "--at=-1", "--json").out());

    assertThat(form.text("from")).contains("notes");
    assertThat(form.number("at")).contains(-1L);
    assertThat(shell.errand("show", form.text("id").orElseThrow()).out()).contains("READY");
  }

  @Test
  void gc_frees_what_no_turn_has() {
    assertThat(shell.errand("gc").out()).isEqualTo("freed 1 piece, 4 B\n");
    assertThat(shell.errand("gc").out()).isEqualTo("freed 0 pieces, 0 B\n");
  }

  @Test
  void gc_that_keeps_some_turns_forgets_the_others() {
    shell.errand("gc");

    var said = shell.errand("gc", "--keep-turns", "2", "--json");

    assertThat(said.out()).isEqualTo("{\"pieces\":0,\"bytes\":0}\n");
    assertThat(shell.errand("workspace", "notes", "--at", "1").code()).isZero();
    assertThat(shell.errand("workspace", "notes", "--at", "0").err())
        .isEqualTo(
            "errand: The workspace of job notes after turn 0 is not kept; the first one that is is"
                + " of turn 1.\n");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          fork notes                            | Missing required option: '--at=TURN'
          fork notes --at 3                     | Turn 3 of job notes is not over; the last one
          fork nobody --at 0                    | No job is called nobody
          fork notes --at 0 --id notes          | Job notes exists already
          fork notes --at 0 --id no.1           | --id no.1 is that of a child
          fork notes --at 0 --id A-B            | 'A-B' is not a job id
          workspace notes --at 0 --diff 0 1     | --at and --diff cannot be given together
          gc --keep-turns 0                     | --keep-turns must be at least 1, not 0
          """)
  void what_cannot_be_done_is_one_line_with_code_2(String words, String message) {
    var said = shell.errand(words.split("\\s+"));

    assertThat(said.code()).isEqualTo(2);
    assertThat(said.out()).isEmpty();
    assertThat(said.err()).startsWith("errand: ").contains(message).hasLineCount(1);
  }

  private static List<Json.Object> objects(String array) {
    return ((Json.Array) Json.parse(array)).items().stream().map(Json.Object.class::cast).toList();
  }
}
