package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.job.Entry;
import dev.errand.job.Outcome;
import dev.errand.job.TaskError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// The code in README and `docs/`: Python is carried out, Java compiled, and run where it says so.
class DocsCodeTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static Errand warm;
  private static Errand dropping;
  @TempDir static Path folder;

  @BeforeAll
  static void open() {
    warm = working("warm.db", 64);
    dropping = working("dropping.db", 0);
  }

  @AfterAll
  static void close() {
    warm.close();
    dropping.close();
  }

  private static Errand working(String file, int warmJobs) {
    var errand = Errand.builder().workingDirectory(Page.ROOT).open(folder.resolve(file));
    errand.worker().concurrency(4).warmJobs(warmJobs).start();
    return errand;
  }

  @Test
  void there_is_code_in_the_documentation() {
    assertThat(Example.in("python")).hasSizeGreaterThan(5);
    assertThat(Example.in("java")).hasSizeGreaterThan(5);
    assertThat(Example.in("bash")).isNotEmpty();
  }

  @TestFactory
  Stream<DynamicTest> java() {
    return Example.in("java").stream()
        .map(example -> dynamicTest(example.name(), example.place(), () -> compile(example)));
  }

  private void compile(Example example) throws Exception {
    var fragment = JavaFragment.around(String.join("", example.blocks()));
    var place = Files.createTempDirectory(folder, "java");
    assertThat(fragment.compile(place)).as(fragment.numbered()).isEmpty();
    if (example.run()) {
      assertThat(fragment.run(place)).contains(example.expected()).doesNotContain("exit code");
    }
  }

  @TestFactory
  Stream<DynamicTest> python() {
    return Example.in("python").stream()
        .filter(example -> !example.shown())
        .flatMap(
            example ->
                Stream.of(
                    dynamicTest(example.name(), example.place(), () -> carryOut(example, warm)),
                    dynamicTest(
                        example.name() + ", processes dropped at every wait",
                        example.place(),
                        () -> carryOut(example, dropping))));
  }

  private static void carryOut(Example example, Errand errand) throws Exception {
    var job =
        errand.submit(
            Agent.named("reader").build(),
            spec -> {
              example.blocks().forEach(spec::code);
              return spec;
            });
    judge(example, job.await(LONG), console(job));
    errand.events(job.id(), 0, 10_000).forEach(HistoryPage::describes);
  }

  private static void judge(Example example, Outcome outcome, String console) {
    switch (outcome) {
      case Outcome.Succeeded(var value) -> {
        assertThat(example.error()).as("it succeeded with %s", value.text()).isEmpty();
        assertThat(console + value.text()).contains(example.expected());
      }
      case Outcome.Failed(TaskError error) -> {
        assertThat(example.error()).as("%s%n%s", error.message(), error.trace()).isNotEmpty();
        assertThat(error.message() + error.trace()).contains(example.error());
      }
      case Outcome.Cancelled ignored -> throw new AssertionError(outcome);
      case Outcome.TimedOut ignored -> throw new AssertionError(outcome);
      case Outcome.BudgetExhausted ignored -> throw new AssertionError(outcome);
    }
  }

  private static String console(Job job) {
    return job.history(0, 10_000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.CONSOLE)
        .map(entry -> entry.data().text("text").orElse(""))
        .collect(Collectors.joining());
  }
}
