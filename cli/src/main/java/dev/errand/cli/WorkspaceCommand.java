package dev.errand.cli;

import dev.errand.job.Json;
import dev.errand.job.Variable;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Shows the variables of one job.
@Command(
    name = "workspace",
    description = "Shows the variables of one job, as of its last checkpoint.")
final class WorkspaceCommand implements Callable<Integer> {
  private static final int WIDTH = 80;

  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin JobOptions which = new JobOptions();

  WorkspaceCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      var variables = errand.job(which.id).variables();
      var screen = surroundings.screen();
      if (which.json) {
        var forms = variables.stream().<Json>map(Forms::variable).toList();
        screen.line(new Json.Array(forms).print());
      } else {
        screen.print(table(variables));
      }
      return ExitCode.OK;
    }
  }

  private static String table(List<Variable> variables) {
    var table = new Table("NAME", "TYPE", "VALUE");
    for (var variable : variables) {
      boolean kept = variable.lost().isEmpty();
      table.row(
          variable.name(),
          variable.type(),
          Text.fit(kept ? variable.preview() : "not kept: " + variable.lost(), WIDTH));
    }
    return table.toString();
  }
}
