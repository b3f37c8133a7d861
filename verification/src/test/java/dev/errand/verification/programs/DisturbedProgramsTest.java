package dev.errand.verification.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.python.CPythonRuntime;
import dev.errand.spi.Store;
import dev.errand.spi.StoreProvider;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/// Whatever is done to its workers and processes, a program comes to what it comes to in one Python
/// process that nobody disturbs: outcome, console, and the list of effects, of every job of it.
///
/// `-Derrand.programs=10000` for many more programs. The seed is reported always, and has the same
/// ones tried again as `@Property(seed = "…")`; a failure is cut down to a short program and few
/// disturbances.
class DisturbedProgramsTest {
  private static final int DEPTH = 5;
  private static final Grammar GRAMMAR = Grammar.read();
  private static @Nullable Undisturbed undisturbed;
  private static @Nullable CPythonRuntime runtime;

  @BeforeContainer
  static void start() throws IOException {
    undisturbed = Undisturbed.start();
    runtime = CPythonRuntime.create();
  }

  @AfterContainer
  static void stop() throws IOException {
    if (undisturbed != null && runtime != null) {
      undisturbed.close();
      runtime.close();
    }
  }

  @Provide
  Arbitrary<Program> programs() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 1_000_000),
            GRAMMAR.trees("block", DEPTH).list().ofMinSize(1).ofMaxSize(3))
        .as(Program::new);
  }

  @Provide
  Arbitrary<Disturbance> disturbances() {
    return Disturbance.any();
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void a_disturbed_program_comes_to_what_it_comes_to_undisturbed(
      @ForAll("programs") Program program, @ForAll("disturbances") Disturbance disturbance)
      throws Exception {
    var python = Objects.requireNonNull(undisturbed);
    python.begin(program);
    var expected = python.account();
    if (expected == null) {
      throw new TestAbortedException("too large to be tried");
    }
    var folder = Files.createTempDirectory("errand-programs");
    var clock = ManualClock.create();
    try (var store = disturbance.onDisk() ? file(folder, clock) : new MemoryStore(clock)) {
      var disturbed =
          new Disturbed(
              program.seed(), program.blocks(), Objects.requireNonNull(runtime), clock, store);
      compare(disturbed.account(disturbance), expected, disturbed.crashes());
    } finally {
      delete(folder);
    }
  }

  private static void compare(Account actual, Account expected, int crashes) {
    assertThat(actual.outcome()).isEqualTo(expected.outcome());
    assertThat(withoutOnce(actual)).isEqualTo(withoutOnce(expected));
    actual
        .jobs()
        .forEach(
            (path, job) -> {
              var all = Objects.requireNonNull(expected.jobs().get(path)).once();
              if (crashes == 0) {
                assertThat(job.once()).isEqualTo(all);
              } else {
                // A crash may have come between the intention and the call.
                assertThat(List.copyOf(job.once())).isSubsetOf(all);
              }
            });
  }

  private static Map<String, Account.OfJob> withoutOnce(Account account) {
    var jobs = new TreeMap<String, Account.OfJob>();
    account.jobs().forEach((path, job) -> jobs.put(path, job.withoutOnce()));
    return jobs;
  }

  private static Store file(Path folder, ManualClock clock) {
    return ServiceLoader.load(StoreProvider.class)
        .findFirst()
        .orElseThrow()
        .open(folder.resolve("jobs.db"), clock);
  }

  private static void delete(Path folder) throws IOException {
    List<Path> files;
    try (var listed = Files.list(folder)) {
      files = listed.toList();
    }
    for (var file : files) {
      Files.delete(file);
    }
    Files.delete(folder);
  }
}
