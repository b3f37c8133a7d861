package dev.errand.cli;

import dev.errand.job.Json;
import dev.errand.job.Variable;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Shows the variables of one job.
@Command(
    name = "workspace",
    description = {
      "Shows the variables of one job, as of its last checkpoint.",
      "Turns are counted from 0; -1 is what the job began with."
    })
final class WorkspaceCommand implements Callable<Integer> {
  private static final int WIDTH = 80;
  private static final int HALF_WIDTH = 40;

  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin JobOptions which = new JobOptions();

  @Option(
      names = "--at",
      paramLabel = "TURN",
      description = "Show them as that turn left them instead.")
  @Nullable Integer turn;

  @Option(
      names = "--diff",
      arity = "2",
      paramLabel = "TURN",
      description = "Show what changed from what one turn left to what another did.")
  int @Nullable [] between;

  WorkspaceCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    if (turn != null && between != null) {
      throw Refusal.usage("--at and --diff cannot be given together");
    }
    try (var errand = Stores.existing(surroundings, options)) {
      var stored = new StoredVariables(errand.store(), errand.job(which.id).id());
      if (between != null) {
        show(StoredVariables.differences(stored.at(between[0]), stored.at(between[1])));
      } else {
        show(turn == null ? stored.now() : stored.at(turn));
      }
      return ExitCode.OK;
    }
  }

  private void show(StoredVariables.State state) {
    if (which.json) {
      print(state.variables().stream().<Json>map(Forms::variable).toList());
      return;
    }
    var table = new Table("NAME", "TYPE", "SIZE", "CHUNK", "TURN", "VALUE");
    for (var stored : state.variables()) {
      var variable = stored.variable();
      table.row(
          variable.name(),
          variable.type(),
          Text.size(variable.bytes()),
          stored.chunk().orElse("inline"),
          Integer.toString(stored.since()),
          value(variable, WIDTH));
    }
    surroundings.screen().print(table.toString());
  }

  private void show(List<StoredVariables.Difference> differences) {
    if (which.json) {
      print(differences.stream().<Json>map(Forms::difference).toList());
      return;
    }
    var table = new Table("", "NAME", "TYPE", "VALUE");
    for (var difference : differences) {
      switch (difference) {
        case StoredVariables.Added(var after) ->
            table.row("+", after.name(), after.type(), value(after.variable(), WIDTH));
        case StoredVariables.Removed(var before) ->
            table.row("-", before.name(), before.type(), value(before.variable(), WIDTH));
        case StoredVariables.Changed(var before, var after) ->
            table.row(
                "~",
                after.name(),
                after.type(),
                value(before.variable(), HALF_WIDTH) + " → " + value(after.variable(), HALF_WIDTH));
      }
    }
    surroundings.screen().print(table.toString());
  }

  private void print(List<Json> forms) {
    surroundings.screen().line(new Json.Array(forms).print());
  }

  private static String value(Variable variable, int width) {
    boolean kept = variable.lost().isEmpty();
    return Text.fit(kept ? variable.preview() : "not kept: " + variable.lost(), width);
  }
}
