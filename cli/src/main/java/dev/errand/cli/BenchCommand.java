package dev.errand.cli;

import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Measures Errand on this machine.
@Command(name = "bench", description = "Measures Errand on this machine.")
final class BenchCommand implements Callable<Integer> {
  private static final String PROGRAM = "dev.errand.benchmarks.Bench";

  @Parameters(arity = "0..*", paramLabel = "ARGUMENT", description = "Passed on to the benchmarks.")
  String[] arguments = {};

  @Option(
      names = "--store",
      paramLabel = "URL",
      description = "The PostgreSQL database on which the part postgres is measured.")
  @Nullable String store;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this.")
  boolean help;

  @Option(names = "-v", description = "Show the stack trace of a failure.")
  boolean verbose;

  BenchCommand() {}

  @Override
  public Integer call() throws Exception {
    try {
      var all = new ArrayList<>(Arrays.asList(arguments));
      if (store != null) {
        all.add(store);
      }
      Class.forName(PROGRAM)
          .getMethod("main", String[].class)
          .invoke(null, (Object) all.toArray(String[]::new));
      return ExitCode.OK;
    } catch (ClassNotFoundException missing) {
      throw Refusal.usage(
          "the benchmarks are not part of this build; ./errand of a checkout has them");
    } catch (InvocationTargetException failed) {
      throw failed.getCause() instanceof Exception cause ? cause : failed;
    }
  }
}
