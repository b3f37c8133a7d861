package dev.errand.graalpy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.errand.job.CodeBlock;
import dev.errand.job.JobId;
import dev.errand.job.Limits;
import dev.errand.job.TaskError;
import dev.errand.job.WorkspaceException;
import dev.errand.spi.Workspace;
import dev.errand.spi.Workspace.Ending;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.RecordingHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraalPyRuntimeTest {
  /// Long enough that the runtime gives up, and over some time: the thread is busy until then.
  private static final String UNSTOPPABLE = "sum(range(10 ** 9))";

  private static final Duration SOON = Duration.ofSeconds(60);

  /// Two contexts at a time, and a folder that code may change.
  private static final GraalPyRuntime SMALL =
      GraalPyRuntime.builder().contexts(2).environment("ERRAND_PLANTED", "ERRAND_NOT_SET").build();

  @TempDir Path folder;

  @AfterAll
  static void close() {
    SMALL.close();
  }

  private static Workspace open(WorkspaceRuntime runtime, Duration blockTime) {
    return runtime.open(
        new WorkspaceRuntime.Opening(
            new JobId("root"), "main", false, new Limits(blockTime, 50, 16), List.of(), null));
  }

  private static Workspace open(WorkspaceRuntime runtime) {
    return open(runtime, SOON);
  }

  private static Ending run(Workspace workspace, String source) {
    var host = new RecordingHost(new JobId("root"));
    return workspace.run(host.again(CodeBlock.python(source)), host);
  }

  private static String value(Workspace workspace, String source) {
    if (run(workspace, source) instanceof Ending.Finished finished) {
      return finished.value().text();
    }
    throw new AssertionError("It did not finish");
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
    try (var runtime = GraalPyRuntime.create()) {
      var stubborn = open(runtime, Duration.ofMillis(300));
      var other = open(runtime);
      long begin = System.nanoTime();
      var ending = run(stubborn, UNSTOPPABLE);
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
      assertThat(death(ending).kind()).isEqualTo(TaskError.Kind.LIMIT);
      assertThat(death(ending).message()).contains("300 ms");
      assertThat(value(other, "1 + 1")).isEqualTo("2");
      await().atMost(SOON).until(() -> runtime.abandoned() == 1);
      assertThat(value(open(runtime), "6 * 7")).isEqualTo("42");
    }
  }
}
