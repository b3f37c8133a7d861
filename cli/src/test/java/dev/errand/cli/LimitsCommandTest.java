package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The limits that all workers hold, on the command line.
class LimitsCommandTest {
  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));

  @BeforeEach
  void makeStore() {
    shell = new Shell(directory);
    shell.file("job.py", "print(1)\n");
    shell.errand("run", "job.py");
  }

  private Shell.Said errand(String line) {
    return shell.errand(line.split(" "));
  }

  @Test
  void limits_are_set_listed_and_lifted() {
    assertThat(errand("limits").out()).isEqualTo("no limits: set one with limits set\n");
    errand("limits set --jobs 10");
    errand("limits set --jobs 1 --agent main");
    errand("limits set --calls 60 --model openai --burst 5");

    assertThat(errand("limits").out().lines())
        .extracting(line -> line.strip().replaceAll(" {2,}", " | "))
        .containsExactly(
            "LIMIT | AT MOST",
            "calls:openai | 60 calls in a minute, 5 at once",
            "jobs | 10 jobs at a time",
            "jobs:main | 1 job at a time");
    assertThat(errand("limits lift jobs --json").out())
        .isEqualTo(
            """
            [{"name":"calls:openai","model":"openai","callsPerMinute":60,"burst":5},\
            {"name":"jobs:main","agent":"main","jobs":1}]
            """);
  }

  @Test
  void a_limit_that_is_set_again_takes_the_place_of_the_one_before() {
    errand("limits set --jobs 10");

    assertThat(errand("limits set --jobs 3 --json").out())
        .isEqualTo("[{\"name\":\"jobs\",\"agent\":null,\"jobs\":3}]\n");
  }

  @Test
  void what_no_limit_is_called_is_not_lifted_and_the_others_are_named() {
    assertThat(errand("limits lift jobs").err()).contains("there is no limit jobs; none is set");
    errand("limits set --jobs 3 --agent main");
    var answer = errand("limits lift jobs");

    assertThat(answer.code()).isEqualTo(ExitCode.USAGE);
    assertThat(answer.err()).contains("there is no limit jobs; set are jobs:main");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "limits set",
        "limits set --jobs 1 --calls 1 --model openai",
        "limits set --jobs -1",
        "limits set --jobs 1 --model openai",
        "limits set --jobs 1 --burst 2",
        "limits set --calls 0 --model openai",
        "limits set --calls 5",
        "limits set --calls 5 --model openai --agent main",
        "limits set --calls 5 --model openai --burst 6",
      })
  void what_is_no_limit_is_refused_and_nothing_is_set(String line) {
    var answer = errand(line);

    assertThat(answer.code()).isEqualTo(ExitCode.USAGE);
    assertThat(answer.err().lines()).hasSize(1);
    assertThat(errand("limits --json").out()).isEqualTo("[]\n");
  }
}
