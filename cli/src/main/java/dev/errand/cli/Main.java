package dev.errand.cli;

import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.List;

/// Starts the `errand` program.
public final class Main {
  private Main() {}

  /// Carries out one command; the exit status is as its `--help` says.
  public static void main(String[] args) {
    var environment = System.getenv();
    if (List.of(args).contains("-v") || environment.containsKey("ERRAND_DEBUG")) {
      System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    }
    var input = new InputStreamReader(System.in, Charset.defaultCharset());
    var surroundings =
        new Surroundings(Screen.ofProcess(environment), input, Path.of(""), environment);
    System.exit(new Program(surroundings).run(args));
  }
}
