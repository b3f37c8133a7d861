package dev.errand.cli;

import dev.errand.Errand;
import java.time.Duration;
import picocli.CommandLine.Option;

/// The options of commands that work on jobs in this process.
final class WorkOptions {
  /// Shorter than the library's, so that jobs which another program works on count as due soon.
  private static final Duration LEASE = Duration.ofSeconds(9);

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "Work on N jobs at a time; default ${DEFAULT-VALUE}.")
  int concurrency = 16;

  @Option(names = "--quiet", description = "Show no progress on standard error.")
  boolean quiet;

  void check() {
    if (concurrency < 1) {
      throw Refusal.usage("--concurrency must be at least 1, not " + concurrency);
    }
  }

  void start(Errand errand) {
    errand.worker().concurrency(concurrency).lease(LEASE).start();
  }

  View view(Screen screen, Errand errand) {
    if (quiet) {
      return new QuietView(screen);
    }
    return screen.errIsTerminal() ? new LiveView(screen, errand) : new LineView(screen);
  }
}
