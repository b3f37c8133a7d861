package dev.errand.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The options that every command on a store has, and the exit codes they share.
@Command(
    synopsisHeading = "%nUsage: ",
    descriptionHeading = "%n",
    parameterListHeading = "%n",
    optionListHeading = "%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:it succeeded",
      "1:the job failed, or cannot take what was sent to it",
      "2:wrong usage, or input that cannot be read",
      "3:the store cannot be used; the message says what to do",
      "130:interrupted by Ctrl-C; jobs go on with errand resume",
      "143:ended by SIGTERM; so they do"
    })
final class StoreOptions {
  @Option(
      names = "--store",
      paramLabel = "PLACE",
      description =
          "The file that holds the jobs, or the jdbc:postgresql:// URL of their database; default"
              + " what ERRAND_STORE says, else errand.db. PGPASSWORD has its password.")
  @Nullable String store;

  /// Where the jobs are.
  ///
  /// @throws Refusal if that is no place for a store
  StorePlace place(Surroundings surroundings) {
    return StorePlace.of(store, surroundings);
  }

  /// This option as it is to be given to another command, after a space; empty where the
  /// environment says the same.
  String asGiven(Surroundings surroundings) {
    boolean isSaid = store == null && surroundings.variable(StorePlace.VARIABLE) != null;
    return isSaid ? "" : " --store " + Text.quoted(place(surroundings).shown());
  }

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this.")
  boolean help;

  @Option(names = "-v", description = "Show the stack trace of a failure.")
  boolean verbose;
}
