package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.jdbc.SqliteStore;
import dev.errand.job.Effect;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.StoreException;
import dev.errand.job.StoredForm;
import dev.errand.testkit.CrashInjector;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A Python parent that waits for its children, with its process kept, given up at each wait, and
/// killed half-way: what it costs in wake-ups and rows. Counts, no times.
///
/// With one job at a time the parent is woken for each child: it is older, and goes first.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ThousandHandlersTest {
  private static final String CREATE =
      """
      def start(n):
          return create_sub_task(create_new_job(agent("echo"), shared_vars={"n": n}))

      handlers = [start(n) for n in range(count)]
      """;

  private static final Map<String, String> WAITS =
      Map.of(
          "loop",
          """
          total = 0
          for h in handlers:
              total += h.result
          exit(total)
          """,
          "as_completed",
          """
          total = 0
          for h in as_completed(handlers):
              total += h.result
          exit(total)
          """,
          "wait_all",
          """
          exit(sum(h.result for h in wait_all([h for h in handlers])))
          """);

  @TempDir private Path directory;

  @ParameterizedTest(name = "{0} of {1}, {2} at a time, process {3}")
  @CsvSource({
    "loop, 1000, 16, kept",
    "loop, 1000, 16, dropped",
    "loop, 1000, 16, killed",
    "as_completed, 1000, 16, kept",
    "as_completed, 1000, 16, dropped",
    "as_completed, 1000, 16, killed",
    "wait_all, 1000, 16, kept",
    "wait_all, 1000, 16, dropped",
    "wait_all, 1000, 16, killed",
    "loop, 1000, 1, kept",
    "as_completed, 1000, 1, kept",
    "loop, 100, 1, dropped",
    "as_completed, 100, 1, dropped",
  })
  void to_wait_for_many_costs_what_their_ends_cost(
      String how, int handlers, int concurrency, String process) throws Exception {
    int warm = process.equals("dropped") ? 0 : 64;
    try (var store = SqliteStore.open(directory.resolve("jobs.db"), InstantSource.system())) {
      if (process.equals("killed")) {
        advance(CrashInjector.failing(store, handlers, true), how, handlers, concurrency, warm);
      }
      var counting = new Counting(store);
      var undisturbed = CrashInjector.failing(counting.store(), 0, false);
      var root = advance(undisturbed, how, handlers, concurrency, warm);

      assertThat(counting.wakeUps()).isLessThanOrEqualTo(2 * handlers);
      var journal = store.journal(root, 1, 0);
      assertThat(journal).hasSizeLessThanOrEqualTo(handlers);
      assertThat(characters(journal)).isLessThan(64 * handlers);
    }
  }

  @Test
  void a_thousand_jobs_that_wait_for_one_go_on_with_its_end() throws Exception {
    try (var store = SqliteStore.open(directory.resolve("jobs.db"), InstantSource.system());
        var errand = Errand.builder().store(store).open()) {
      var job =
          errand.submit(
              Agent.named("parent").limits(was -> was.withChildren(2000)).build(),
              spec ->
                  spec.code(
                      """
                      def wait(of): return of.result
                      slow = delegate(lambda: callback("go").result)
                      waiting = [delegate(wait, slow) for n in range(1000)]
                      exit(sum(h.result for h in wait_all(waiting)))
                      """));
      errand.worker().start();
      Awaitility.await()
          .atMost(Duration.ofMinutes(4))
          .until(
              () ->
                  store.children(job.id(), 0, 2000).stream()
                          .filter(child -> child.status() == JobStatus.SUSPENDED)
                          .count()
                      == 1001);
      errand.job(job.id().child(1).text()).answer("go", 1);

      assertThat(job.await(Duration.ofMinutes(4)).value(Integer.class)).isEqualTo(1000);
      assertThat(store.events(job.id(), 0, 10_000))
          .filteredOn(entry -> entry.kind() == Entry.Kind.SUBTASK_COMPLETED)
          .as("each of them once, the one they waited for, and its callback")
          .hasSize(1002);
    }
  }

  private JobId advance(CrashInjector injector, String how, int handlers, int concurrency, int warm)
      throws Exception {
    try (var errand = Errand.builder().store(injector.store()).open()) {
      errand.register(Agent.named("echo").program(job -> job.var("n", Integer.class)).build());
      var parent = Agent.named("parent").build();
      var job =
          errand.submit(
              parent,
              spec ->
                  spec.key("the one")
                      .var("count", handlers)
                      .code(CREATE)
                      .code(WAITS.getOrDefault(how, "")));
      errand.worker().concurrency(concurrency).warmJobs(warm).lease(Duration.ofSeconds(2)).start();
      var sum = job.await(Duration.ofMinutes(4)).value(Integer.class);
      assertThat(sum).isEqualTo(handlers * (handlers - 1) / 2);
      return job.id();
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
      injector.awaitSilence();
      return new JobId("none");
    }
  }

  private static int characters(List<Effect> journal) {
    return journal.stream()
        .mapToInt(effect -> StoredForm.write(effect.result()).print().length())
        .sum();
  }
}
