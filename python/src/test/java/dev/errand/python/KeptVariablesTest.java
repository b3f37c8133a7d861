package dev.errand.python;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// Runs `fuzz.py`: in the build always the same programs, so that a change is told apart from an
/// old mistake met by chance. `-Derrand.fuzz.seed=N` begins elsewhere, `-Derrand.fuzz.programs=N`
/// makes it longer.
class KeptVariablesTest {
  private static final int PROGRAMS = Integer.getInteger("errand.fuzz.programs", 100);

  @Test
  void what_random_programs_leave_is_brought_back_alike_with_all_sharing() throws Exception {
    var seed = Integer.toString(Integer.getInteger("errand.fuzz.seed", 1));
    var process =
        new ProcessBuilder(
                Interpreter.find(System.getProperty("errand.python", "python3")).toString(),
                "-s",
                "-S",
                "-B",
                resource("fuzz.py").toString(),
                Objects.requireNonNull(resource("errand_driver").getParent()).toString(),
                seed,
                Integer.toString(PROGRAMS))
            .redirectErrorStream(true)
            .start();
    assertThat(output(process)).as("seed %s", seed).contains(": all the same after a restore");
    assertThat(process.waitFor()).isZero();
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static Path resource(String name) throws URISyntaxException {
    var found = KeptVariablesTest.class.getResource(name);
    return Path.of(Objects.requireNonNull(found, name).toURI());
  }
}
