package dev.errand.cli;

import dev.errand.agents.AgentFile;
import dev.errand.agents.AgentFolders.Listed;
import dev.errand.job.Json;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Lists the agents that there are files of.
@Command(
    name = "agents",
    description = {
      "Lists the agents of .errand/agents and .claude/agents, here and in your home directory.",
      "A file that cannot be read is listed with what is wrong with it."
    })
final class AgentsCommand implements Callable<Integer> {
  private static final int WIDTH = 60;

  private final Surroundings surroundings;

  @Mixin AgentOptions agents = new AgentOptions();

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  AgentsCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    agents.check();
    var screen = surroundings.screen();
    var folders = agents.folders(surroundings);
    var listed = folders.list();
    if (json) {
      screen.line(Json.of(listed.stream().map(AgentsCommand::form).toList()).print());
    } else if (listed.isEmpty()) {
      screen.line("no agents: there are no files *.md in " + folders.folders());
    } else {
      screen.print(table(listed));
    }
    return ExitCode.OK;
  }

  private static String table(List<Listed> listed) {
    var table = new Table("AGENT", "MODEL", "TOOLS", "DESCRIPTION", "FILE");
    for (var one : listed) {
      switch (one) {
        case Listed.Found(var file) -> table.row(row(file, Text.fit(file.description(), WIDTH)));
        case Listed.Hidden(var file, var by) -> table.row(row(file, "hidden by " + by));
        case Listed.Broken(var path, var why) ->
            table.row("-", "-", "-", "broken: " + Text.oneLine(why), path.toString());
      }
    }
    return table.toString();
  }

  private static String[] row(AgentFile file, String words) {
    var settings = file.settings();
    var tools = settings.tools();
    return new String[] {
      file.name(),
      settings.model() == null ? "-" : settings.model(),
      tools == null ? "standard" : Text.fit(String.join(",", tools), WIDTH / 2),
      Text.oneLine(words),
      file.path().toString()
    };
  }

  private static Json.Object form(Listed listed) {
    return switch (listed) {
      case Listed.Found(var file) -> form(file);
      case Listed.Hidden(var file, var by) -> form(file).with("hiddenBy", by.toString());
      case Listed.Broken(var path, var why) ->
          Json.object("file", path.toString()).with("error", why);
    };
  }

  private static Json.Object form(AgentFile file) {
    return Json.object("name", file.name())
        .with("description", file.description())
        .with("model", file.settings().model())
        .with("tools", file.settings().tools())
        .with("file", file.path().toString())
        .with("warnings", file.warnings());
  }
}
