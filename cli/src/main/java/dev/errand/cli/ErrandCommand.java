package dev.errand.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The program itself: nothing but the commands below it.
@Command(
    name = "errand",
    description = "Durable delegated work for agents.",
    versionProvider = ErrandCommand.Version.class,
    synopsisHeading = "Usage: ",
    synopsisSubcommandLabel = "COMMAND",
    descriptionHeading = "%n",
    optionListHeading = "%n",
    commandListHeading = "%nCommands:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:it succeeded",
      "1:the job failed, or cannot take what was sent to it",
      "2:wrong usage, or input that cannot be read",
      "3:the store cannot be used; the message says what to do",
      "130:interrupted by Ctrl-C; jobs go on with errand resume",
      "143:ended by SIGTERM; so they do"
    })
final class ErrandCommand implements Runnable {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Print the version.")
  boolean version;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Name a command");
  }

  /// Reads the version from the jar.
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"errand " + number()};
    }

    static String number() {
      var built = Main.class.getPackage().getImplementationVersion();
      return built == null ? "from classes" : built;
    }
  }
}
