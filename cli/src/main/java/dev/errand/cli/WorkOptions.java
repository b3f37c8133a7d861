package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.python.CPythonRuntime;
import dev.errand.python.Isolation;
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

  @Option(
      names = "--isolation",
      paramLabel = "HOW",
      description =
          "How far the system must lock code in: required, best-effort or off; default"
              + " ${DEFAULT-VALUE}.")
  String isolation = "best-effort";

  @Option(names = "--quiet", description = "Show no progress on standard error.")
  boolean quiet;

  void check() {
    if (concurrency < 1) {
      throw Refusal.usage("--concurrency must be at least 1, not " + concurrency);
    }
    isolation();
  }

  private Isolation isolation() {
    return switch (isolation) {
      case "required" -> Isolation.REQUIRED;
      case "best-effort" -> Isolation.BEST_EFFORT;
      case "off" -> Isolation.OFF;
      case String other ->
          throw Refusal.usage(
              "--isolation must be required, best-effort or off, not " + Text.oneLine(other));
    };
  }

  /// The Python that these options ask for.
  CPythonRuntime python() {
    return CPythonRuntime.builder().isolation(isolation()).build();
  }

  void start(Errand errand) {
    start(errand, LEASE);
  }

  /// Starts to work, so that others leave its jobs alone for so long if it dies.
  void start(Errand errand, Duration lease) {
    errand.worker().concurrency(concurrency).lease(lease).start();
  }

  View view(Screen screen, Errand errand) {
    if (quiet) {
      return new QuietView(screen);
    }
    return screen.errIsTerminal() ? new LiveView(screen, errand) : new LineView(screen);
  }
}
