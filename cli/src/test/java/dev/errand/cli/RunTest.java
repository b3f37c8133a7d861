package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.job.Json;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `errand run`, with Python.
class RunTest {
  private static final String FAN_OUT =
      """
      def count(text):
          return len(text.split())

      tasks = [delegate(count, read_text(name), id=name) for name in list_files("in/*.txt")]
      total = 0
      for task in tasks:
          total += task.result
      print("words:", total)
      exit(total)
      """;

  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));

  @BeforeEach
  void start_in_an_empty_directory() {
    shell = new Shell(directory);
  }

  @Test
  void what_the_root_prints_is_standard_output_and_all_else_is_not() {
    shell.file("in/a.txt", "one two").file("in/b.txt", "three").file("job.py", FAN_OUT);

    var said = shell.errand("run", "job.py");

    assertThat(said.code()).isZero();
    assertThat(said.out()).isEqualTo("words: 3\n");
    assertThat(said.err())
        .contains(
            "in/a.txt started", "in/b.txt done: 1 (", "succeeded after", "with 2 children: 3");
  }

  @Test
  void a_child_that_ends_without_a_result_is_told_once_and_as_failed() {
    shell.file(
        "job.py",
        """
        @subtask
        def silent(**kwargs):
            return create_new_job(agent("silent"), warmup_code="exit('bye')")

        wait_all(silent(id="quiet one"))
        """);

    var lines = shell.errand("run", "job.py").err().lines();

    assertThat(lines.filter(line -> line.contains("quiet one") && !line.contains("started")))
        .singleElement()
        .asString()
        .contains("quiet one failed: The child ended without completing its handler", "(1 of 1)");
  }

  @Test
  void a_quiet_success_says_nothing_of_its_own() {
    shell.file("job.py", "print('a')\nprint('b', end='')\n");

    assertThat(shell.errand("run", "job.py", "--quiet")).isEqualTo(new Shell.Said(0, "a\nb", ""));
  }

  @Test
  void a_failed_job_shows_its_trace_and_is_code_1() {
    shell.file("job.py", "def half(x):\n    return x / 0\n\nprint('before')\nhalf(1)\n");

    var said = shell.errand("run", "job.py", "--quiet");

    assertThat(said.code()).isEqualTo(1);
    assertThat(said.out()).isEqualTo("before\n");
    assertThat(said.err())
        .contains("line 5", "return x / 0", "failed", "(exception): ZeroDivisionError")
        .doesNotContain("dev.errand", "\tat ");
  }

  @Test
  void json_is_one_object_with_the_fields_that_are_documented() {
    shell.file("in/a.txt", "one two").file("in/b.txt", "three").file("job.py", FAN_OUT);

    var said = shell.errand("run", "job.py", "--json", "--id", "nightly");

    var answer = (Json.Object) Json.parse(said.out());
    assertThat(said.out().lines()).hasSize(1);
    assertThat(answer.members())
        .containsOnlyKeys(
            "id", "key", "status", "outcome", "value", "error", "console", "children", "usage")
        .containsEntry("key", new Json.Text("nightly"))
        .containsEntry("status", new Json.Text("DONE"))
        .containsEntry("outcome", new Json.Text("succeeded"))
        .containsEntry("value", new Json.Number(3))
        .containsEntry("error", Json.Null.VALUE)
        .containsEntry("console", Json.parse("[\"words: 3\"]"))
        .containsEntry("children", new Json.Number(2));
  }

  @Test
  void json_of_a_failure_has_kind_message_and_advice() {
    shell.file("job.py", "raise ValueError('no good')\n");

    var said = shell.errand("run", "job.py", "--json");

    var answer = (Json.Object) Json.parse(said.out());
    assertThat(said.code()).isEqualTo(1);
    assertThat(answer.text("outcome")).contains("failed");
    var error = (Json.Object) answer.get("error").orElseThrow();
    assertThat(error.members()).containsOnlyKeys("kind", "message", "advice");
    assertThat(error.text("kind")).contains("exception");
    assertThat(error.text("message").orElse("")).contains("ValueError: no good");
    assertThat(said.err()).contains("Traceback");
  }

  @Test
  void variables_are_text_a_files_text_or_json() {
    shell
        .file("notes.txt", "from a file")
        .file("job.py", "print(a, b, c['d'], sep='|')\nexit([a, b, c])\n");

    var said =
        shell.errand(
            "run",
            "job.py",
            "--quiet",
            "--var",
            "a=x=1",
            "--var",
            "b=@notes.txt",
            "--var",
            "c:={\"d\": null}");

    assertThat(said).isEqualTo(new Shell.Said(0, "x=1|from a file|None\n", ""));
  }

  @Test
  void a_key_that_was_used_attaches_to_its_job_and_prints_nothing_again() {
    shell.file("job.py", "print('once')\nexit(7)\n");
    shell.errand("run", "job.py", "--id", "nightly");

    var again = shell.errand("run", "job.py", "--id", "nightly");

    assertThat(again.code()).isZero();
    assertThat(again.out()).isEmpty();
    assertThat(again.err()).contains("succeeded", ": 7").doesNotContain("started");
    assertThat(jobs()).hasSize(1);
  }

  @Test
  void what_was_printed_before_is_printed_again_when_asked_for() {
    shell.file("job.py", "print('once')\nexit(7)\n");
    shell.errand("run", "job.py", "--id", "nightly");

    var again = shell.errand("run", "job.py", "--id", "nightly", "--replay-output", "--quiet");

    assertThat(again).isEqualTo(new Shell.Said(0, "once\n", ""));
  }

  @Test
  void the_exit_code_of_an_attached_job_is_its_own() {
    shell.file("job.py", "raise ValueError('no good')\n");
    shell.errand("run", "job.py", "--id", "nightly");

    assertThat(shell.errand("run", "job.py", "--id", "nightly").code()).isEqualTo(1);
  }

  @Test
  void the_program_waits_for_children_that_the_root_left_behind() {
    shell.file(
        "job.py",
        """
        def last():
            return 1

        def slow():
            return delegate(last).result

        delegate(slow)
        exit("gone")
        """);

    shell.errand("run", "job.py");

    assertThat(jobs()).allSatisfy(job -> assertThat(job.text("outcome")).contains("succeeded"));
  }

  @Test
  void a_model_takes_turns_until_the_job_ends() {
    shell
        .file("job.py", "print('ready')\n")
        .file(
            "model.yaml",
            """
            replies:
              - text: "```python\\nprint(6 * 7)\\n```"
                usage: {input: 10, output: 5, microUsd: 30}
              - text: "```python\\nexit('done')\\n```"
            """);

    var said = shell.errand("run", "job.py", "--json", "--model", "scripted:model.yaml");

    var answer = (Json.Object) Json.parse(said.out());
    assertThat(answer.text("value")).contains("done");
    assertThat(answer.get("console")).contains(Json.parse("[\"ready\", \"42\"]"));
    assertThat(answer.get("usage").map(Json::print))
        .contains("{\"calls\":2,\"inputTokens\":10,\"outputTokens\":5,\"microUsd\":30}");
  }

  @Test
  void what_a_tree_cost_is_said_of_each_job_and_of_all_below_it() {
    shell
        .file("job.py", "")
        .file(
            "model.yaml",
            """
            replies:
              - text: |
                  ```python
                  if current_job().id.count("."):
                      exit()
                  create_sub_task(create_new_job(agent(current_job().agent)), id="a").result
                  ```
                usage: {input: 1000, output: 500, microUsd: 300}
              - text: "```python\nexit('done')\n```"
                usage: {input: 10, output: 5, microUsd: 0}
            """);

    shell.errand("run", "job.py", "--id", "costly", "--model", "scripted:model.yaml");

    var lines = shell.errand("tree", "costly").out().lines().toList();
    assertThat(lines.getFirst())
        .contains("; 2 calls, 1,515 tokens, $0.0003, in all 3 calls, 3,015 tokens, $0.0006)");
    assertThat(lines.getLast()).contains("; 1 call, 1,500 tokens, $0.0003)");
    assertThat(shell.errand("show", "costly").out())
        .containsPattern("usage +2 calls, 1,515 tokens, \\$0.0003\n")
        .containsPattern("in all +3 calls, 3,015 tokens, \\$0.0006\n");
  }

  @Test
  void a_model_that_fails_fails_the_job() {
    shell.file("job.py", "").file("model.yaml", "replies: [{error: the provider is down}]");

    var said = shell.errand("run", "job.py", "--model", "scripted:model.yaml");

    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err()).contains("(model): the provider is down");
  }

  @Test
  void code_that_restricted_mode_refuses_fails_the_job() {
    shell.file("job.py", "import os\n");

    var said = shell.errand("run", "job.py");

    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err()).contains("(refused_code)");
  }

  @Test
  void a_byte_order_mark_is_no_part_of_the_code() {
    shell.file("job.py", "\uFEFFprint('hello')\n");

    assertThat(shell.errand("run", "job.py").out()).isEqualTo("hello\n");
  }

  @Test
  void a_job_that_cannot_go_on_here_is_named_with_what_is_missing() {
    try (var errand = Errand.open(directory.resolve("errand.db"))) {
      StoredJobs.submit(errand, "nightly");
    }
    shell.file("job.py", "");

    var said = shell.errand("run", "job.py", "--id", "nightly");

    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err())
        .contains("cannot go on here", "needs a worker that has the Java program of agent parent");
  }

  @Test
  void resume_works_until_nothing_is_left_to_do() {
    shell.file("job.py", "print('once')\n");
    shell.errand("run", "job.py", "--id", "nightly");

    var said = shell.errand("resume");

    assertThat(said).isEqualTo(new Shell.Said(0, "", ""));
  }

  private List<Json.Object> jobs() {
    var jobs = (Json.Array) Json.parse(shell.errand("jobs", "--json").out());
    return jobs.items().stream().map(Json.Object.class::cast).toList();
  }
}
