package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Progress;
import dev.errand.job.Slot;
import dev.errand.job.Value;
import dev.errand.spi.Change;
import dev.errand.spi.Step;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Looking at the books of effects, and settling what nobody knows.
class EffectsTest {
  private static final Json.Object ARGUMENTS = Json.object("amount", 12);
  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));
  private String id = "";

  /// A job whose worker died with one call under way, after one that returned and one of which the
  /// code was told that nobody knows.
  @BeforeEach
  void fill_a_store() {
    shell = new Shell(directory);
    try (var errand = Errand.open(directory.resolve("errand.db"))) {
      var job = errand.submit(Agent.named("clerk").build(), spec -> spec.key("nightly"));
      id = job.id().text();
      journal(
          errand,
          new Effect.Result.Returned(Value.of("paid 7")),
          new Effect.Result.Unknown(ARGUMENTS, null),
          new Effect.Result.Intended(ARGUMENTS));
    }
  }

  private void journal(Errand errand, Effect.Result... results) {
    var claim = errand.store().claim("worker", 1, Duration.ofMinutes(1)).getFirst();
    var lines =
        Stream.iterate(0, n -> n < results.length, n -> n + 1)
            .<Change>map(
                n ->
                    new Change.Journalled(
                        new Effect(
                            new Slot(0, n, 0), "pay", "", EffectPolicy.AT_MOST_ONCE, results[n])))
            .toList();
    var handedBack = new Step.Next.Yield(errand.now());
    errand
        .store()
        .commit(
            new Step(
                claim.lease(),
                claim.version(),
                JobStatus.WARMING_UP,
                Progress.START,
                lines,
                handedBack));
  }

  @Test
  void effects_are_listed_with_what_is_known_of_each() {
    var out = shell.errand("effects").out();

    assertThat(out.lines()).hasSize(4);
    assertThat(out)
        .containsPattern(id + "/0/0/0 +pay +returned +\\d.* s +paid 7")
        .containsPattern(id + "/0/1/0 +pay +unknown +\\d.* s +\\{\"amount\":12}")
        .containsPattern(id + "/0/2/0 +pay +intended +\\d.* s +\\{\"amount\":12}");
    assertThat(shell.errand("effects", "nightly", "--json"))
        .isEqualTo(shell.errand("effects", id, "--json"));
  }

  @Test
  void those_that_nobody_knows_of_can_be_listed_alone() {
    assertThat(shell.errand("effects", "--unknown").out().lines()).hasSize(3);
    assertThat(shell.errand("effects", "nightly", "--unknown").out()).doesNotContain("paid 7");
  }

  @Test
  void effects_in_json_say_what_a_program_needs() {
    var listed = (Json.Array) Json.parse(shell.errand("effects", "--unknown", "--json").out());

    assertThat(((Json.Object) listed.items().getLast()).members())
        .containsEntry("key", new Json.Text(id + "/0/2/0"))
        .containsEntry("tool", new Json.Text("pay"))
        .containsEntry("policy", new Json.Text("AT_MOST_ONCE"))
        .containsEntry("state", new Json.Text("intended"))
        .containsEntry("told", new Json.Bool(false))
        .containsEntry("arguments", ARGUMENTS)
        .containsKey("since");
  }

  @ParameterizedTest
  @CsvSource({
    "--returned, '{\"receipt\":7}', returned, '{\"receipt\":7}'",
    "--raised, no money, raised, 'pay: no money'",
  })
  void an_operator_says_what_came_of_a_call(
      String option, String words, String state, String known) {
    var said = shell.errand("effects", "resolve", id + "/0/2/0", option, words);

    assertThat(said.code()).isZero();
    assertThat(said.out()).isEqualTo(id + "/0/2/0 is resolved\n");
    assertThat(shell.errand("effects").out()).contains(state).contains(known);
    assertThat(shell.errand("effects", "--unknown").out()).doesNotContain("/0/2/0");
    assertThat(shell.errand("history", id).out()).contains("pay " + id + "/0/2/0 was resolved");
  }

  @Test
  void a_call_that_was_not_made_is_no_longer_in_the_books() {
    shell.errand("effects", "resolve", id + "/0/2/0", "--not-made");

    assertThat(shell.errand("effects").out()).doesNotContain(id + "/0/2/0");
    assertThat(shell.errand("history", id).out()).contains("was resolved: not made");
  }

  @Test
  void what_was_found_out_too_late_is_said_to_be() {
    shell.errand("effects", "resolve", id + "/0/1/0", "--returned", "\"paid\"");

    assertThat(shell.errand("effects").out())
        .containsPattern("/0/1/0 +pay +returned .*paid \\(found out after the code was told");
  }

  @ParameterizedTest
  @CsvSource({
    "/0/0/0, 1, its outcome is known",
    "/0/9/0, 1, there is none",
    "/0, 2, is no key of an effect",
  })
  void what_cannot_be_resolved_is_refused_in_a_line(String where, int code, String why) {
    var said = shell.errand("effects", "resolve", id + where, "--not-made");

    assertThat(said.code()).isEqualTo(code);
    assertThat(said.err()).contains(why).hasLineCount(1);
  }

  @Test
  void one_finding_is_to_be_named_and_it_is_json() {
    assertThat(shell.errand("effects", "resolve", id + "/0/2/0").code()).isEqualTo(2);
    var said = shell.errand("effects", "resolve", id + "/0/2/0", "--returned", "{");
    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err()).contains("--returned").hasLineCount(1);
  }
}
