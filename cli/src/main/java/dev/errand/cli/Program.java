package dev.errand.cli;

import dev.errand.job.DuplicateJobException;
import dev.errand.job.JobException;
import dev.errand.job.StoreException;
import dev.errand.job.UnknownJobException;
import dev.errand.job.UnknownTurnException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine;

/// Finds the command that was asked for, carries it out, and turns what goes wrong into one line
/// and an exit code.
final class Program {
  private final Surroundings surroundings;

  Program(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /// Carries out one command.
  ///
  /// @return the exit code
  int run(String... args) {
    var help = new StringWriter();
    var line = commands().setOut(new PrintWriter(help)).setErr(new PrintWriter(help));
    line.setParameterExceptionHandler(this::misused);
    line.setExecutionExceptionHandler(this::failed);
    line.setUsageHelpWidth(100);
    int code = line.execute(args);
    if (!help.toString().isEmpty()) {
      surroundings.screen().print(help.toString());
    }
    return code;
  }

  private CommandLine commands() {
    var program = new CommandLine(new ErrandCommand());
    List.of(
            new RunCommand(surroundings),
            new AskCommand(surroundings),
            new ChatCommand(surroundings),
            new AgentsCommand(surroundings),
            new ResumeCommand(surroundings),
            new JobsCommand(surroundings),
            new ShowCommand(surroundings),
            new TreeCommand(surroundings),
            new SayCommand(surroundings),
            new CancelCommand(surroundings),
            new BudgetCommand(surroundings),
            new InboxCommand(surroundings),
            new AnswerCommand(surroundings),
            new HistoryCommand(surroundings),
            new WorkspaceCommand(surroundings),
            new ForkCommand(surroundings),
            new GcCommand(surroundings),
            new TailCommand(surroundings),
            new ServeCommand(surroundings),
            new WorkerCommand(surroundings),
            new McpCommand(surroundings),
            new DemoCommand(surroundings),
            new DoctorCommand(surroundings))
        .forEach(program::addSubcommand);
    // What it is given is for the benchmarks to read.
    var bench = new CommandLine(new BenchCommand()).setUnmatchedOptionsArePositionalParams(true);
    program.addSubcommand(bench);
    program.addSubcommand(memory());
    program.addSubcommand(limits());
    var effects = new CommandLine(new EffectsCommand(surroundings));
    return program.addSubcommand(effects.addSubcommand(new ResolveCommand(surroundings)));
  }

  private CommandLine limits() {
    return new CommandLine(new LimitsCommand(surroundings))
        .addSubcommand(new LimitsSetCommand(surroundings))
        .addSubcommand(new LimitsLiftCommand(surroundings));
  }

  private CommandLine memory() {
    var memory = new CommandLine(new MemoryCommand(surroundings));
    List.of(
            new MemoryListCommand(surroundings),
            new MemorySearchCommand(surroundings),
            new MemoryAddCommand(surroundings),
            new MemoryForgetCommand(surroundings))
        .forEach(memory::addSubcommand);
    return memory;
  }

  private int misused(CommandLine.ParameterException misuse, String[] args) {
    var command = misuse.getCommandLine().getCommandSpec().qualifiedName();
    var message = Objects.requireNonNullElse(misuse.getMessage(), "wrong usage");
    say(Text.oneLine(message) + "; see " + command + " --help");
    return ExitCode.USAGE;
  }

  private int failed(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    int code =
        switch (failure) {
          case Refusal refusal -> refusal.code();
          case StoreException broken -> ExitCode.STORE;
          case UnknownJobException unknown -> ExitCode.USAGE;
          case UnknownTurnException unknown -> ExitCode.USAGE;
          case DuplicateJobException taken -> ExitCode.USAGE;
          case InterruptedException stopped -> ExitCode.INTERRUPTED;
          default -> ExitCode.FAILED;
        };
    boolean expected = failure instanceof Refusal || failure instanceof JobException;
    var message = Objects.requireNonNullElse(failure.getMessage(), failure.toString());
    say(Text.oneLine(expected ? message : "a fault of Errand itself: " + failure));
    if (isVerbose(parsed)) {
      surroundings.screen().say(Secrets.hidden(trace(failure)));
    } else if (!expected) {
      say("-v shows where it happened; please report it");
    }
    return code;
  }

  private boolean isVerbose(CommandLine.ParseResult parsed) {
    var asked = parsed;
    while (asked.hasSubcommand()) {
      asked = asked.subcommand();
    }
    return asked.hasMatchedOption("-v") || surroundings.variable("ERRAND_DEBUG") != null;
  }

  private void say(String message) {
    surroundings.screen().say("errand: " + Secrets.hidden(message));
  }

  private static String trace(Throwable failure) {
    var text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
