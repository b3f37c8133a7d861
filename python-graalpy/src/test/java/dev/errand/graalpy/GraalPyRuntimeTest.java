package dev.errand.graalpy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.errand.job.CodeBlock;
import dev.errand.job.JobId;
import dev.errand.job.Limits;
import dev.errand.job.TaskError;
import dev.errand.job.WorkspaceException;
import dev.errand.spi.Capability;
import dev.errand.spi.Workspace;
import dev.errand.spi.Workspace.Ending;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.RecordingHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GraalPyRuntimeTest {
  /// Asks nobody whether it should stop; it is over some time, lest the thread stays busy.
  private static final String UNSTOPPABLE = "sum(range(2 * 10 ** 8))";

  private static final Duration LONG = Duration.ofMinutes(2);

  private static final GraalPyRuntime SMALL =
      GraalPyRuntime.builder()
          .contexts(2)
          .environment("ERRAND_PLANTED", "ERRAND_NOT_SET")
          .patience(Duration.ofMillis(100))
          .build();

  @AfterAll
  static void close() {
    SMALL.close();
  }

  private static Workspace open(WorkspaceRuntime runtime, Duration blockTime) {
    return runtime.open(
        new WorkspaceRuntime.Opening(
            new JobId("root"),
            "main",
            false,
            Limits.DEFAULT.withBlockTime(blockTime),
            List.of(),
            null));
  }

  private static Workspace open(WorkspaceRuntime runtime) {
    return open(runtime, LONG);
  }

  private static Ending run(Workspace workspace, String source) {
    var host = new RecordingHost(new JobId("root"));
    return workspace.run(host.again(CodeBlock.python(source)), host);
  }

  private static String value(Workspace workspace, String source) {
    var ending = run(workspace, source);
    if (ending instanceof Ending.Finished finished) {
      return finished.value().text();
    }
    throw new AssertionError("It did not finish, but " + ending);
  }

  private static TaskError death(Ending ending) {
    return ((Ending.Died) ending).error();
  }

  @Test
  void it_is_found_by_its_name() {
    assertThat(ServiceLoader.load(WorkspaceRuntime.class))
        .extracting(WorkspaceRuntime::name)
        .contains("graalpy", "cpython");
  }

  @Test
  void a_context_that_cannot_be_stopped_is_abandoned_and_the_others_go_on() {
    int before = SMALL.abandoned();
    try (var other = open(SMALL);
        var stubborn = open(SMALL, Duration.ofMillis(300))) {
      var ending = run(stubborn, UNSTOPPABLE);
      assertThat(death(ending).kind()).isEqualTo(TaskError.Kind.LIMIT);
      assertThat(death(ending).message()).contains("300 ms");
      assertThat(((Ending.Died) ending).mayRetry()).isFalse();
      assertThat(value(other, "1 + 1")).isEqualTo("2");
      await().atMost(LONG).until(() -> SMALL.abandoned() == before + 1);
      try (var next = open(SMALL)) {
        assertThat(value(next, "6 * 7")).isEqualTo("42");
        assertThat(value(other, "2 + 2")).isEqualTo("4");
      }
    }
  }

  @Test
  void the_workspace_that_rested_longest_is_given_up_for_another() {
    try (var first = open(SMALL);
        var second = open(SMALL)) {
      for (var workspace : List.of(first, second)) {
        value(workspace, "1");
        await().atMost(LONG).until(() -> SMALL.resting() == 2);
      }
      try (var third = open(SMALL)) {
        assertThat(value(third, "3")).isEqualTo("3");
        assertThat(value(second, "4")).isEqualTo("4");
        var ending = (Ending.Died) run(first, "5");
        assertThat(ending.error().message()).isEqualTo("Its context was needed elsewhere.");
        assertThat(ending.mayRetry()).isTrue();
      }
    }
  }

  @Test
  void for_one_that_comes_one_is_given_up_however_long_it_takes_to_leave() {
    var runtime = GraalPyRuntime.builder().contexts(3).rest(Duration.ofMillis(1)).build();
    try (runtime) {
      var opened = new ArrayList<Workspace>();
      for (int number = 1; number <= 7; number++) {
        opened.add(open(runtime));
        opened.removeIf(workspace -> run(workspace, "1") instanceof Ending.Died);
        assertThat(opened).as("after opening number %s", number).hasSize(Math.min(number, 3));
      }
    }
  }

  @Test
  void code_sees_the_environment_and_the_files_that_it_was_given() {
    try (var workspace = open(SMALL)) {
      assertThat(value(workspace, "import os\nsorted(os.environ)")).contains("ERRAND_PLANTED");
      assertThat(value(workspace, "'ERRAND_NOT_SET' in os.environ")).isEqualTo("false");
      assertThat(value(workspace, "'HOME' in os.environ")).isEqualTo("false");
      assertThat(run(workspace, "open('/etc/passwd')"))
          .isInstanceOfSatisfying(
              Ending.Raised.class,
              raised -> assertThat(raised.error().message()).startsWith("PermissionError"));
    }
  }

  @Test
  void a_folder_of_its_own_goes_with_a_workspace() {
    Path folder;
    try (var workspace = open(SMALL)) {
      folder = Path.of(value(workspace, "import os\nos.getcwd()"));
      assertThat(value(workspace, "open('own', 'w').write('x')")).isEqualTo("1");
      assertThat(folder.resolve("own")).exists();
    }
    await().atMost(LONG).until(() -> !Files.exists(folder));
  }

  @Test
  void a_run_whose_thread_is_interrupted_ends() throws Exception {
    try (var workspace = open(SMALL)) {
      var ending = new Ending[1];
      var thread = Thread.ofVirtual().start(() -> ending[0] = run(workspace, "while True: pass"));
      await().atMost(LONG).until(() -> thread.getState() == Thread.State.WAITING);
      thread.interrupt();
      thread.join();
      assertThat(death(ending[0]).message()).isEqualTo("The workspace was interrupted.");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Fraction.numerator = 3",
        "del Fraction.numerator",
        "type(typing.List[int])(Fraction, (int,), name='x').numerator = 3",
        "import dataclasses\ndataclasses.dataclass(Fraction)"
      })
  void restricted_code_changes_no_class_of_the_library(String change) {
    try (var workspace =
        SMALL.open(
            new WorkspaceRuntime.Opening(
                new JobId("root"), "main", true, Limits.DEFAULT, List.of(), null))) {
      value(workspace, "import typing\nfrom fractions import Fraction\nclass Own: pass");
      assertThat(run(workspace, change))
          .isInstanceOfSatisfying(
              Ending.Raised.class,
              raised ->
                  assertThat(raised.error().message())
                      .isEqualTo(
                          "TypeError: Restricted mode does not let code change the class"
                              + " Fraction"));
      assertThat(value(workspace, "Own.x = Own()\nOwn.x.y = Fraction(1, 2).numerator\nOwn.x.y"))
          .isEqualTo("1");
    }
  }

  @Test
  void what_would_end_the_interpreter_is_refused_instead() {
    try (var workspace = open(SMALL)) {
      for (var code : List.of("import sys\nsys.getsizeof(1)", "import os\nos.system('true')")) {
        assertThat(run(workspace, code))
            .isInstanceOfSatisfying(
                Ending.Raised.class,
                raised -> assertThat(raised.error().message()).startsWith("PermissionError"));
      }
    }
  }

  @Test
  void a_runtime_that_is_closed_opens_nothing() {
    var runtime = GraalPyRuntime.create();
    runtime.close();
    assertThatExceptionOfType(WorkspaceException.class)
        .isThrownBy(() -> open(runtime))
        .withMessage("The GraalPy runtime is closed.");
  }

  @Test
  void it_says_what_it_cannot_do() {
    assertThat(SMALL.lacks()).containsOnlyKeys(Capability.values());
    assertThat(SMALL.version()).startsWith("GraalPy 25.0.3, Python 3.12");
  }
}
