package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.python.Layer;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// How far the system locks code in, as the program shows it and is told it.
class IsolationTest {
  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));

  @BeforeEach
  void start_in_an_empty_directory() {
    shell = new Shell(directory);
  }

  @ParameterizedTest
  @EnumSource(Layer.Kind.class)
  void the_doctor_has_a_line_for_each_layer(Layer.Kind kind) {
    var said = shell.errand("doctor");
    assertThat(said.code()).isZero();
    assertThat(said.out())
        .containsPattern("(?m)^" + kind.name().toLowerCase(Locale.ROOT) + " +(held|missing): \\S");
  }

  @Test
  void the_doctor_says_that_there_is_no_graalpy_and_that_nothing_needs_it() {
    assertThat(shell.errand("doctor").out()).containsPattern("(?m)^graalpy +absent; .*needs it$");
  }

  @ParameterizedTest
  @ValueSource(strings = {"required", "best-effort", "off"})
  void a_job_is_carried_out_however_it_is_isolated(String how) {
    shell.file("job.py", "print(6 * 7)");
    var said = shell.errand("run", "job.py", "--isolation", how);
    assertThat(said.err()).contains("succeeded");
    assertThat(said.out()).isEqualTo("42\n");
    assertThat(shell.errand("resume", "--isolation=" + how).code()).isZero();
  }

  @Test
  void a_way_to_isolate_that_does_not_exist_is_refused() {
    shell.file("job.py", "print(6 * 7)");
    var said = shell.errand("run", "job.py", "--isolation", "total");
    assertThat(said.code()).isEqualTo(ExitCode.USAGE);
    assertThat(said.err()).contains("--isolation must be required, best-effort or off, not total");
  }
}
