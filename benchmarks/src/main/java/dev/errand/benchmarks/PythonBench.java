package dev.errand.benchmarks;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/// Python children: `delegate` of a function that returns its argument, one process each, every
/// step durable; and beside them what processes alone cost.
final class PythonBench {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int ROUNDS = 5;
  private static final int CHILDREN = 1000;
  private static final String PARENT =
      """
      def same(value):
          return value

      tasks = [delegate(same, n) for n in range(1000)]
      exit(sum(t.result for t in wait_all(tasks)))
      """;
  private final Path folder;
  private final Report report;

  PythonBench(Path folder, Report report) {
    this.folder = folder;
    this.report = report;
  }

  void measure() throws IOException, InterruptedException {
    var agent = Agent.named("fan-out").build();
    try (var errand = Errand.open(folder.resolve("python.db"))) {
      errand.worker().concurrency(16).start();
      errand.submit(agent, spec -> spec.code(PARENT)).await(LONG);
      var perSecond = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        int sum = errand.submit(agent, spec -> spec.code(PARENT)).await(LONG).value(Integer.class);
        perSecond[round] = CHILDREN / ((System.nanoTime() - start) / 1e9);
        if (sum != 499_500) {
          throw new IllegalStateException("The children returned " + sum);
        }
      }
      report.line(
          "python",
          "fan-out of 1,000 delegated functions, waited for",
          String.format(
              Locale.ROOT, "%.0f children/s (median of %d)", Report.median(perSecond), ROUNDS));
    }
    new Beside(folder, report).measure("plain_forks.py", "python3");
  }
}
