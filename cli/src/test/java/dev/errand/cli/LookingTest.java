package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.job.Json;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The commands that look at jobs and change none.
class LookingTest {
  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));
  private String id = "";

  @BeforeEach
  void fill_a_store() {
    shell = new Shell(directory);
    id = StoredJobs.family(directory.resolve("errand.db"), "nightly");
  }

  @Test
  void jobs_lists_the_roots_with_what_is_below_them() {
    var out = shell.errand("jobs").out();

    assertThat(out.lines()).hasSize(2);
    assertThat(out).contains(id, "nightly", "parent", "succeeded", "2/2", "{\"length\":5}");
  }

  @Test
  void all_jobs_are_listed_when_asked_for() {
    assertThat(shell.errand("jobs", "--all").out().lines()).hasSize(4);
  }

  @Test
  void jobs_in_json_are_all_jobs_children_too() {
    var jobs = objects(Json.parse(shell.errand("jobs", "--json").out()));

    assertThat(jobs).hasSize(3);
    assertThat(jobs.getFirst().members())
        .containsEntry("id", new Json.Text(id))
        .containsEntry("key", new Json.Text("nightly"))
        .containsEntry("parent", Json.Null.VALUE)
        .containsEntry("status", new Json.Text("DONE"))
        .containsEntry("outcome", new Json.Text("succeeded"));
    assertThat(jobs.getLast().members())
        .containsEntry("id", new Json.Text(id + ".2"))
        .containsEntry("key", Json.Null.VALUE)
        .containsEntry("parent", new Json.Text(id))
        .containsEntry("outcome", new Json.Text("failed"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"show", "tree", "history", "workspace", "tail"})
  void a_job_is_named_by_id_key_or_the_beginning_of_its_id(String command) {
    var byId = shell.errand(command, id);

    assertThat(byId.code()).isZero();
    assertThat(shell.errand(command, "nightly")).isEqualTo(byId);
    assertThat(shell.errand(command, id.substring(0, 5))).isEqualTo(byId);
  }

  @ParameterizedTest
  @ValueSource(strings = {"show", "tree", "history", "workspace", "tail"})
  void a_name_that_no_job_has_is_wrong_usage(String command) {
    var said = shell.errand(command, "nobody");

    assertThat(said.code()).isEqualTo(2);
    assertThat(said.out()).isEmpty();
    assertThat(said.err()).contains("No job is called nobody").hasLineCount(1);
  }

  @Test
  void a_prefix_that_several_jobs_have_is_wrong_usage() {
    var beginnings = new HashSet<String>(List.of(id.substring(0, 1)));
    var latest = "";
    try (var errand = Errand.open(directory.resolve("errand.db"))) {
      do {
        latest = StoredJobs.submit(errand, "key " + beginnings.size()).id().text().substring(0, 1);
      } while (beginnings.add(latest));
    }

    var said = shell.errand("show", latest);

    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err()).contains("Several jobs have ids that begin with " + latest);
  }

  @Test
  void children_are_listed_in_the_order_of_their_creation() {
    StoredJobs.wide(directory.resolve("errand.db"), "wide", 11);
    var wide = shell.errand("show", "wide").out().lines().findFirst().orElse("").substring(10);

    var listed = shell.errand("tree", "wide").out().lines().skip(1).toList();

    assertThat(listed).hasSize(11);
    assertThat(listed.get(1)).contains(wide + ".2 ");
    assertThat(listed.getLast()).contains(wide + ".11 ");
  }

  @Test
  void show_tells_how_a_job_stands() {
    var out = shell.errand("show", "nightly").out();

    assertThat(out).containsPattern("job +" + id).containsPattern("key +nightly");
    assertThat(out).containsPattern("children +2 of 2 done").containsPattern("outcome +succeeded");
  }

  @Test
  void show_tells_why_a_job_failed() {
    var out = shell.errand("show", id + ".2").out();

    assertThat(out).containsPattern("outcome +failed").containsPattern("result +.*variable text");
    assertThat(out).containsPattern("parent +" + id).containsPattern("subtask +\"bad\"");
  }

  @Test
  void show_in_json_has_value_and_definition() {
    var shown = (Json.Object) Json.parse(shell.errand("show", "nightly", "--json").out());

    assertThat(shown.get("value")).contains(Json.object("length", 5));
    assertThat(shown.number("children")).contains(2L);
    assertThat(shown.get("definition").map(Json::print).orElse("")).contains("\"name\":\"parent\"");
  }

  @Test
  void tree_draws_children_below_their_parent() {
    var lines = shell.errand("tree", "nightly").out().lines().toList();

    assertThat(lines).hasSize(3);
    var age = " \\(\\d.*?\\) ";
    assertThat(lines.get(0)).matches("✓ " + id + " parent" + age + "succeeded: \\{\"length\":5}");
    assertThat(lines.get(1)).matches("├─ ✓ " + id + ".1 good" + age + "succeeded: 5");
    assertThat(lines.get(2)).matches("└─ ✗ " + id + ".2 bad" + age + "failed: .*");
  }

  @Test
  void tree_in_json_nests_children() {
    var tree = (Json.Object) Json.parse(shell.errand("tree", "nightly", "--json").out());

    var children = objects(tree.get("children").orElseThrow());
    assertThat(children).extracting(child -> child.text("id").orElse("")).hasSize(2);
    assertThat(children.getFirst().get("subtask")).contains(new Json.Text("good"));
  }

  @Test
  void history_tells_what_happened_to_one_job() {
    var out = shell.errand("history", "nightly").out();

    assertThat(out).containsPattern("console +two lines\n");
    assertThat(out).containsPattern("job_ended +succeeded: \\{\"length\":5}");
    assertThat(out).doesNotContain("subtask_completed");
  }

  @Test
  void history_in_json_is_an_array_of_entries() {
    var history = objects(Json.parse(shell.errand("history", "nightly", "--json").out()));

    assertThat(history)
        .extracting(entry -> entry.text("kind").orElse(""))
        .startsWith("job_created")
        .contains("console")
        .endsWith("job_ended");
    assertThat(history.getFirst().members())
        .containsOnlyKeys("sequence", "time", "job", "turn", "kind", "data");
  }

  @Test
  void workspace_shows_the_variables() {
    assertThat(shell.errand("workspace", "nightly").out())
        .containsPattern("text +str +7 B +inline +-1 +\"hello\"");
    var shown = objects(Json.parse(shell.errand("workspace", "nightly", "--json").out()));
    assertThat(shown).singleElement().extracting(v -> v.text("name").orElse("")).isEqualTo("text");
  }

  @Test
  void tail_of_a_done_tree_tells_all_events_and_ends() {
    var lines = shell.errand("tail", "nightly", "--json").out().lines().toList();

    var events = lines.stream().map(line -> (Json.Object) Json.parse(line)).toList();
    assertThat(events)
        .extracting(event -> event.text("kind").orElse(""))
        .contains("subtask_spawned", "subtask_completed", "subtask_failed", "job_ended");
    assertThat(events)
        .extracting(event -> event.number("sequence").orElse(0L))
        .isSorted()
        .doesNotHaveDuplicates();
  }

  @Test
  void tail_of_a_tree_that_is_worked_on_ends_with_it() throws Exception {
    var release = new CountDownLatch(1);
    var agent =
        Agent.named("patient")
            .program(
                job -> {
                  job.print("waiting");
                  release.await();
                  return "released";
                })
            .build();
    try (var errand = Errand.open(directory.resolve("errand.db"));
        var beside = Executors.newVirtualThreadPerTaskExecutor()) {
      errand.submit(agent, spec -> spec.key("patient"));
      errand.worker().start();

      var said = beside.submit(() -> shell.errand("tail", "patient"));
      release.countDown();

      assertThat(said.get(1, TimeUnit.MINUTES).out())
          .containsPattern("job_created +agent patient\n")
          .containsPattern("console +waiting\n")
          .containsPattern("job_ended +succeeded: released\n$");
    }
  }

  @Test
  void a_job_that_needs_what_the_program_lacks_is_named_and_left() {
    try (var errand = Errand.open(directory.resolve("errand.db"))) {
      StoredJobs.submit(errand, "later");
    }

    var said = shell.errand("resume");

    assertThat(said.code()).isZero();
    assertThat(said.err()).contains("needs a worker that has the Java program of agent parent");
    assertThat(shell.errand("jobs").out()).containsPattern("later +parent +READY");
  }

  @Test
  void looking_leaves_a_job_that_waits_for_a_worker_alone() {
    try (var errand = Errand.open(directory.resolve("errand.db"))) {
      StoredJobs.submit(errand, "later");
    }

    shell.errand("show", "later");
    shell.errand("tree", "later");

    assertThat(shell.errand("jobs").out()).containsPattern("later +parent +READY");
  }

  private static List<Json.Object> objects(Json array) {
    return ((Json.Array) array).items().stream().map(Json.Object.class::cast).toList();
  }
}
