package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.jdbc.SqliteStore;
import dev.errand.job.Effect;
import dev.errand.job.JobId;
import dev.errand.job.StoreException;
import dev.errand.job.StoredForm;
import dev.errand.spi.Store;
import dev.errand.testkit.CrashInjector;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A Python parent that waits for 1,000 children, with its process kept, given up at each wait, and
/// killed half-way: what it costs in wake-ups, look-ups and rows. Counts, no times.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ThousandHandlersTest {
  private static final int HANDLERS = 1_000;
  private static final int SUM = HANDLERS * (HANDLERS - 1) / 2;

  private static final String CREATE =
      """
      def start(n):
          return create_sub_task(create_new_job(agent("echo"), shared_vars={"n": n}))

      handlers = [start(n) for n in range(%d)]
      """
          .formatted(HANDLERS);

  private static final String LOOP =
      """
      total = 0
      for h in handlers:
          total += h.result
      exit(total)
      """;

  private static final String AS_COMPLETED =
      """
      total = 0
      for h in as_completed(handlers):
          total += h.result
      exit(total)
      """;

  private static final String WAIT_ALL =
      """
      exit(sum(h.result for h in wait_all([h for h in handlers])))
      """;

  @TempDir private Path directory;

  @ParameterizedTest(name = "{0}, {1}, {2} at a time")
  @CsvSource({
    "loop, kept, 16",
    "loop, dropped, 16",
    "loop, killed, 16",
    "loop, kept, 1",
    "as_completed, kept, 16",
    "as_completed, dropped, 16",
    "as_completed, killed, 16",
    "as_completed, kept, 1",
    "wait_all, kept, 16",
    "wait_all, dropped, 16",
    "wait_all, killed, 16",
    "loop, dropped, 1",
    "as_completed, dropped, 1",
  })
  void waiting_for_a_thousand_costs_what_a_thousand_ends_cost(
      String how, String process, int concurrency) throws Exception {
    long begun = System.nanoTime();
    var code =
        switch (how) {
          case "loop" -> LOOP;
          case "as_completed" -> AS_COMPLETED;
          default -> WAIT_ALL;
        };
    try (var store = SqliteStore.open(directory.resolve("jobs.db"), InstantSource.system())) {
      int warm = process.equals("dropped") ? 0 : 64;
      if (process.equals("killed")) {
        advance(CrashInjector.failing(store, HANDLERS, true), code, warm, concurrency);
      }
      var counting = new Counting(store);
      var root =
          advance(CrashInjector.failing(counting.store(), 0, false), code, warm, concurrency);

      assertThat(counting.wakeUps()).isLessThanOrEqualTo(2 * HANDLERS);
      var journal = journal(store, root);
      assertThat(journal).hasSizeLessThanOrEqualTo(HANDLERS + 10);
      assertThat(bytes(journal)).isLessThan(64 * HANDLERS);
      System.err.printf(
          "%s %s %d: %d s, %d wake-ups, %d look-ups, %d lines of %d bytes%n",
          how,
          process,
          concurrency,
          (System.nanoTime() - begun) / 1_000_000_000,
          counting.wakeUps(),
          counting.lookUps(),
          journal.size(),
          bytes(journal));
    }
  }

  private JobId advance(CrashInjector injector, String code, int warm, int concurrency)
      throws Exception {
    try (var errand = Errand.builder().store(injector.store()).open()) {
      errand.register(Agent.named("echo").program(job -> job.var("n", Integer.class)).build());
      var parent = Agent.named("parent").build();
      var job = errand.submit(parent, spec -> spec.key("the one").code(CREATE).code(code));
      errand.worker().concurrency(concurrency).warmJobs(warm).lease(Duration.ofSeconds(2)).start();
      var outcome = job.await(Duration.ofMinutes(4));
      assertThat(outcome.value(Integer.class)).isEqualTo(SUM);
      return job.id();
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
      injector.awaitSilence();
      return new JobId("none");
    }
  }

  private static List<Effect> journal(Store store, JobId root) {
    return store.journal(root, 1, 0);
  }

  private static int bytes(List<Effect> journal) {
    return journal.stream()
        .mapToInt(effect -> StoredForm.write(effect.result()).print().length())
        .sum();
  }
}
