package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a tree may spend and has spent, on the command line.
class BudgetCommandTest {
  private static final String USAGE = "{input: 600, output: 400, microUsd: 2500}";

  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));

  @BeforeEach
  void writeScript() {
    shell = new Shell(directory);
    shell
        .file("job.py", "")
        .file("model.yaml", "replies:\n  - {text: well, usage: %s}\n".formatted(USAGE));
  }

  private String run(String budget) {
    var args = List.of("run", "job.py", "--id", "it", "--model", "scripted:model.yaml", "--budget");
    return shell
        .errand(Stream.concat(args.stream(), Stream.of(budget)).toArray(String[]::new))
        .err();
  }

  @Test
  void each_job_is_listed_with_what_it_had_and_spent() {
    run("2.00");

    var lines = shell.errand("budget", "it").out().lines().toList();

    assertThat(lines).hasSize(2);
    assertThat(lines.getFirst().split(" {2,}"))
        .containsExactly(
            "JOB", "AGENT", "GRANTED", "RESERVED", "SPENT", "IN ALL", "LEFT", "RETURNED");
    assertThat(lines.getLast())
        .containsSubsequence(
            "main", "200,000,000 / $2.00", "0 / $0.00", "1,000 / $0.0025", "1,000 / $0.0025")
        .endsWith("199,999,000 / $1.9975");
  }

  @Test
  void a_job_whose_budget_is_spent_is_granted_more_and_goes_on() {
    shell.file(
        "model.yaml",
        """
        replies:
          - {text: "```python\\nprint(1)\\n```", usage: %1$s}
          - {text: "half of it", usage: %1$s}
          - {text: "all of it", usage: %1$s}
        """
            .formatted(USAGE));
    assertThat(run("0.005")).contains("the budget of job", "$0.0025 left of $0.005");
    assertThat(shell.errand("show", "it").out())
        .contains("outcome   budget_exhausted", "half of it");

    assertThat(shell.errand("budget", "it", "--grant-usd", "1.00").out())
        .contains("$1.005", "$1.00");
    shell.errand("say", "it", "go on");
    assertThat(shell.errand("resume").code()).isZero();
    assertThat(shell.errand("show", "it").out()).contains("succeeded", "all of it");
  }

  @Test
  void shares_are_listed_in_json_with_what_went_back() {
    shell.file(
        "job.py",
        """
        agent = agent("helper", model="scripted:%s")
        create_sub_task(create_new_job(agent, budget={"usd": 0.01}), id=1)
        wait_all(*sub_tasks())
        """
            .formatted(directory.resolve("model.yaml")));
    shell.errand("run", "job.py", "--id", "it", "--budget", "2.00");

    var jobs = (Json.Array) Json.parse(shell.errand("budget", "it", "--json").out());
    assertThat(jobs.items()).hasSize(2);
    var share = (Json.Object) ((Json.Object) jobs.items().getLast()).get("account").orElseThrow();
    assertThat(share.print())
        .contains(
            "\"open\":false",
            "\"granted\":{\"tokens\":null,\"microUsd\":10000}",
            "\"returned\":{\"tokens\":null,\"microUsd\":7500}");
  }

  @Test
  void what_is_no_amount_is_wrong_usage() {
    assertThat(run("much")).contains("'much' is no sum of dollars");
    run("1.00");
    assertThat(shell.errand("budget", "it", "--grant-usd", "-1").code()).isEqualTo(2);
    assertThat(shell.errand("budget", "nobody").code()).isEqualTo(2);
  }
}
