package dev.errand.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FanOutTest {
  @TempDir Path folder;

  @BeforeEach
  void write_three_files() throws IOException {
    Files.createDirectories(folder.resolve("docs/deep"));
    Files.writeString(folder.resolve("docs/a.md"), "one two three\n");
    Files.writeString(folder.resolve("docs/b.md"), "# four\n\nfive\n");
    Files.writeString(folder.resolve("docs/deep/c.md"), "");
  }

  static Stream<Arguments> ways() {
    return Stream.of(
        way("in Java", FanOut::inJava),
        way("in both", FanOut::inBoth),
        way("in Python", FanOut::inPython));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ways")
  void the_parent_adds_up_what_its_children_count(String name, Function<Errand, Job> way)
      throws InterruptedException {
    try (var errand = Errand.builder().workingDirectory(folder).open(folder.resolve("jobs.db"))) {
      FanOut.register(errand);
      errand.worker().start();

      var job = way.apply(errand);

      assertThat(job.await(Duration.ofMinutes(1)).value(Integer.class)).isEqualTo(6);
      assertThat(job.count().jobs()).isEqualTo(3);
      assertThat(console(job)).isEqualTo("docs/a.md 3\ndocs/b.md 3\ndocs/deep/c.md 0\n");
    }
  }

  private static Arguments way(String name, Function<Errand, Job> way) {
    return Arguments.of(name, way);
  }

  private static String console(Job job) {
    return job.history(0, 100).stream()
        .filter(entry -> entry.kind() == Entry.Kind.CONSOLE)
        .map(entry -> entry.data().text("text").orElse(""))
        .collect(Collectors.joining());
  }
}
