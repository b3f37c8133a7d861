package dev.errand.cli;

import dev.errand.mcp.McpEndpoint;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Serves a client of MCP, which submits jobs and asks after them, and works on them meanwhile.
@Command(
    name = "mcp",
    description = {
      "Is an MCP server on standard input and output, with tools to submit jobs, ask after them,"
          + " send them messages and cancel them; works on the jobs of the store meanwhile.",
      "Jobs are stored before their ids are told: what is under way when this ends goes on with the"
          + " next, or with errand resume."
    })
final class McpCommand implements Callable<Integer> {
  private static final String INSTRUCTIONS =
      """
      Delegates work to durable jobs. submit returns a job's id at once; the work goes on after that, and survives crashes \
      of this server. Ask with result, which can wait a while, or with status. Give submit a key of your own: the same key \
      again is the same job, never a second one.\
      """;

  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin WorkOptions work = new WorkOptions();
  @Mixin AgentOptions agents = new AgentOptions();

  @Option(
      names = "--model",
      paramLabel = "PROVIDER:NAME",
      description = "The model of all agents, in place of what their files say.")
  @Nullable String model;

  @Option(
      names = "--allow-code",
      description = "Let the client submit Python code as well, to run in restricted mode.")
  boolean code;

  @Option(names = "--no-worker", description = "Work on no job; another process does.")
  boolean noWorker;

  McpCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws InterruptedException {
    work.check();
    agents.check();
    var asked = model == null ? null : ModelName.of(model, surroundings);
    try (var errand = Stores.open(surroundings, options, work.python())) {
      agents.register(errand, surroundings);
      var interruption = Interruption.calls(errand::close);
      try {
        if (!noWorker) {
          work.start(errand);
        }
        var tools = new DelegationTools(errand, agents, surroundings, asked, code);
        McpEndpoint.serve(
            new McpEndpoint.About("errand", ErrandCommand.Version.number(), INSTRUCTIONS),
            tools.all(),
            new FileInputStream(FileDescriptor.in),
            new FileOutputStream(FileDescriptor.out));
      } finally {
        interruption.close();
      }
      return ExitCode.OK;
    }
  }
}
