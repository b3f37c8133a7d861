package dev.errand.cli;

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
      paramLabel = "PATH",
      description = "The file that holds the jobs; default ${DEFAULT-VALUE}.")
  String store = "errand.db";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this.")
  boolean help;

  @Option(names = "-v", description = "Show the stack trace of a failure.")
  boolean verbose;
}
